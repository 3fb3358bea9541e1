// Calls every tool by the official TypeScript SDK, which holds answers against output schemas.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

type Told = { [name: string]: any };

const client = new Client({ name: "tests", version: "1" });
const headers = {
  "X-API-KEY": process.env.API_KEY ?? "",
  "X-ACCOUNT-KEY": process.env.ACCOUNT_KEY ?? "",
};
const door = new URL("/mcp", process.env.URL);
await client.connect(new StreamableHTTPClientTransport(door, { requestInit: { headers } }));
const { tools } = await client.listTools();
const outcomes: { [tool: string]: string[] } = {};

async function call(name: string, args: Told = {}): Promise<Told> {
  const result = await client.callTool({ name, arguments: args });
  const told = result.structuredContent as Told;
  const [text] = result.content as { type: string; text: string }[];
  if (JSON.stringify(JSON.parse(text.text)) !== JSON.stringify(told)) throw new Error(name);
  (outcomes[name] ??= []).push(result.isError ? told.error.code : (told.status ?? "ok"));
  return told;
}

async function first(list: string): Promise<string> {
  return (await call(list, { per_page: 1 })).records[0].id;
}

async function act(name: string, args: Told): Promise<Told> {
  const shown = await call(name, args);
  return call(name, { ...args, confirmation_token: shown.confirmation_token });
}

const dates = { issue_date: "2026-11-20", due_date: "2026-12-20" };
const items = [{ title: "Work", quantity: 1, unit_price: { value: "100.00" }, vat_rate: 20 }];
const mail = { send_to: ["someone@example.com"], email_title: "A document" };

const client_id = process.env.CLIENT_ID ?? "";
await call("get_client", { id: client_id });
await first("list_clients");
const product = { title: "Hour", type: "service", vat_rate: 20 };
await call("create_product", { ...product, unit_price: { value: "150", currency: "EUR" } });
await first("list_products");

const invoice = { client_id, ...dates, items };
const gone = await call("create_client_invoice", { ...invoice, purchase_order: "gone" });
await call("update_client_invoice", { id: gone.id, purchase_order: "changed" });
await act("delete_client_invoice", { id: gone.id });
const { id } = await call("create_client_invoice", invoice);
await act("change_client_invoice_status", { id, action: "finalize" });
await act("send_client_invoice", { id, ...mail });
const half = [{ ...items[0], unit_price: { value: "50.00" } }];
await act("create_credit_note", {
  invoice_id: id,
  issue_date: "2026-11-30",
  reason: "A discount",
  items: half,
});
await call("get_credit_note", { id: await first("list_credit_notes") });
await call("mark_client_invoice_as_paid", { id });
await call("get_client_invoice", { id });
await first("list_client_invoices");

const offer = { client_id, issue_date: "2026-11-20", expiry_date: "2027-01-31", items };
const quote = await call("create_quote", { ...offer, terms_and_conditions: "Until then." });
await call("update_quote", { id: quote.id, terms_and_conditions: "Until later." });
await call("get_quote", { id: quote.id });
await first("list_quotes");
const other = await call("create_quote", { ...offer, terms_and_conditions: "Other." });
await act("delete_quote", { id: other.id });
await act("send_quote", { id: quote.id, ...mail });

const bill = await call("list_supplier_invoices", { status: "to_review", per_page: 1 });
const paid = { id: bill.records[0].id, action: "mark_as_paid" };
await call("get_supplier_invoice", { id: paid.id });
await call("change_supplier_invoice_status", paid);

await call("get_organization");
await call("get_authenticated_membership");
await first("list_memberships");
const transaction_id = await first("list_transactions");
await call("get_transaction", { id: transaction_id });
await call("list_transaction_attachments", { transaction_id });
await call("get_attachment", { id: bill.records[0].fileId });
await call("get_statement", { id: await first("list_statements") });
await call("get_label", { id: await first("list_labels") });

const webhookId = process.env.WEBHOOK_ID ?? "";
await call("list_webhook_subscriptions");
const sent = await call("list_webhook_deliveries", { webhookId, status: "DELIVERED" });
const deliveryId = sent.records[0].id;
await call("get_webhook_delivery", { deliveryId });
await call("replay_webhook_delivery", { deliveryId });
const replay = await call("start_webhook_replay", { webhookId, status: "ALL" });
await call("get_webhook_replay", { webhookId, replayId: replay.record.id });
await call("list_sync_runs");
await call("start_sync");
await call("get_capabilities");

await client.close();
console.log(JSON.stringify({ tools: tools.map((one) => one.name), outcomes }));
