// Reads a page of invoices; compiled strictly, so that a wrong type of the description shows.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Invoice = components["schemas"]["Invoice"];
type Status = components["schemas"]["DocumentStatus"];

const client = createClient<paths>({
  baseUrl: process.env.URL,
  headers: {
    "X-API-KEY": process.env.API_KEY,
    "X-ACCOUNT-KEY": process.env.ACCOUNT_KEY,
  },
});

const listed = await client.GET("/accounting/invoices", { params: { query: { limit: 5 } } });
if (listed.error) throw new Error(listed.error.errors.code);
const first: Invoice = listed.data.data[0];
const id: string = first.id;
const status: Status | null = first.status;

const missing = await client.GET("/accounting/invoices/{invoiceId}", {
  params: { path: { invoiceId: "00000000-0000-4000-8000-000000000000" } },
});
const unknown: components["schemas"]["NotFoundCode"] = "NOT_FOUND";
if (missing.error?.errors.code !== unknown) throw new Error("another code");

// @ts-expect-error: no word of the vocabulary
const late: Status = "LATE";
// @ts-expect-error: a moment may be null
const created: string = first.createdDate;

console.log(
  JSON.stringify({
    count: listed.data.data.length,
    total: listed.data.meta.pagination?.total,
    id,
    status,
    code: missing.error.errors.code,
  }),
);
