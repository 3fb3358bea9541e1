"""The fields that many records have: one type for each, with what it means."""

from decimal import Decimal
from typing import Annotated

from connector.api.meaning import Moment, meaning

Id = Annotated[
    str,
    meaning("The record's id at the target system; one made of its content if it came without."),
]
LineId = Annotated[
    str, meaning("The line's id: the record's and its place in it, where it has none of its own.")
]
CreatedDate = Annotated[Moment | None, meaning("When it was made at the target system.")]
UpdatedDate = Annotated[Moment | None, meaning("When it was last changed at the target system.")]
AccountId = Annotated[str | None, meaning("The id of the account that it is booked to.")]
AccountCode = Annotated[str | None, meaning("The code of the account that it is booked to.")]
AccountName = Annotated[str | None, meaning("The name of the account that it is booked to.")]
AccountNumber = Annotated[int | None, meaning("The number of the account that it is booked to.")]
AccountNumberText = Annotated[
    str | None, meaning("The number of the account that it is booked to.")
]
Currency = Annotated[str | None, meaning("The currency of the amounts, by its ISO 4217 code.")]
TotalGrossAmount = Annotated[Decimal | None, meaning("The amount with tax.")]
TotalNetAmount = Annotated[Decimal | None, meaning("The amount without tax.")]
TotalTaxAmount = Annotated[Decimal | None, meaning("The tax.")]
TotalDiscountAmount = Annotated[Decimal | None, meaning("What is taken off by discounts.")]
TotalDiscountPercentage = Annotated[
    Decimal | None, meaning("What is taken off by discounts, in percent.")
]
TaxRatePercentage = Annotated[Decimal | None, meaning("The rate of tax, in percent.")]
TaxCode = Annotated[str | None, meaning("The target system's code of the tax.")]
TaxText = Annotated[str | None, meaning("What the document says about its tax.")]
TaxNumber = Annotated[str | None, meaning("The tax number of the other party.")]
VatId = Annotated[str | None, meaning("The other party's VAT identification number.")]
ContactId = Annotated[str | None, meaning("The id of the contact that it is about.")]
ContactName = Annotated[str | None, meaning("The name of the contact that it is about.")]
CompanyName = Annotated[str | None, meaning("The company's name; null for a person.")]
CustomerId = Annotated[str | None, meaning("The id of the customer that it is about.")]
SupplierId = Annotated[str | None, meaning("The id of the supplier that it is about.")]
ProjectId = Annotated[str | None, meaning("The id of the project that it belongs to.")]
TaskId = Annotated[str | None, meaning("The id of the task that it belongs to.")]
ItemId = Annotated[str | None, meaning("The id of the item that the line is about.")]
ItemName = Annotated[str | None, meaning("The name of the item that the line is about.")]
JournalCode = Annotated[str | None, meaning("The code of the journal that it is booked in.")]
LedgerName = Annotated[str | None, meaning("The name of the ledger that it is booked in.")]
Description = Annotated[str | None, meaning("What it is about, in words.")]
ReferenceText = Annotated[
    str | None, meaning("What it refers to, such as another document's number.")
]
OneLineAddress = Annotated[str | None, meaning("The address on the document, in one line.")]
Quantity = Annotated[Decimal | None, meaning("How many units there are.")]
UnitAmount = Annotated[Decimal | None, meaning("The price of one unit.")]
UnitDiscountAmount = Annotated[Decimal | None, meaning("What is taken off the price of one unit.")]
UnitDiscountPercentage = Annotated[
    Decimal | None, meaning("What is taken off the price of one unit, in percent.")
]
UnitNameText = Annotated[str | None, meaning("What is counted, in the document's words.")]
CategoryName = Annotated[str | None, meaning("What kind of dimension it is.")]
DueDate = Annotated[Moment | None, meaning("When it is to be paid.")]
PaidDate = Annotated[Moment | None, meaning("When it was paid.")]
DeliveryDate = Annotated[Moment | None, meaning("When it was delivered.")]
ShippingDate = Annotated[Moment | None, meaning("When it was shipped, or the service was done.")]
DeferredStartDate = Annotated[Moment | None, meaning("From when on it is spread over time.")]
DeferredEndDate = Annotated[Moment | None, meaning("Until when it is spread over time.")]
PaymentTermId = Annotated[str | None, meaning("The id of the terms of payment.")]
PaymentDays = Annotated[int | None, meaning("Days there are to pay.")]
PaymentReference = Annotated[str | None, meaning("What the payment is to refer to.")]
ExchangeRate = Annotated[
    Decimal | None, meaning("What one unit of its currency is worth in that of the books.")
]
DiscountAmount = Annotated[Decimal | None, meaning("What is taken off by discounts.")]
DocumentId = Annotated[str | None, meaning("The id of the document that belongs to it.")]
FileId = Annotated[str | None, meaning("The id of its file, for /accounting/files.")]
FileName = Annotated[str | None, meaning("The file's name.")]
FileIds = Annotated[tuple[str, ...], meaning("The ids of its files, for /accounting/files.")]
ContentType = Annotated[str | None, meaning("The file's media type.")]
Bic = Annotated[str | None, meaning("The BIC of the bank.")]
Iban = Annotated[str | None, meaning("The IBAN of the bank account.")]
FirstName = Annotated[str | None, meaning("The person's first name.")]
LastName = Annotated[str | None, meaning("The person's last name.")]
Salutation = Annotated[str | None, meaning("How the person is addressed.")]
AddressLine1 = Annotated[str | None, meaning("Street and number.")]
AddressLine2 = Annotated[str | None, meaning("What else the address has.")]
City = Annotated[str | None, meaning("The city.")]
PostalCode = Annotated[str | None, meaning("The postal code.")]
CountryCode = Annotated[
    str | None, meaning("The country, by its ISO 3166-1 alpha-2 code in upper case.")
]
