namespace JobSystem.Shop.Orders;

/// <summary>Makes the invoice of an order.</summary>
[Job("make_invoice", Queue = "invoices", MaxRetries = 5)]
sealed record MakeInvoice(Guid OrderId) : IJob<InvoiceMade>;

sealed record InvoiceMade(string Number);
