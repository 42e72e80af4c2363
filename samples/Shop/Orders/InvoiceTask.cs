using JobSystem.Worker;

namespace JobSystem.Shop.Orders;

sealed class InvoiceTask(ShopDb db) : IJobTask<MakeInvoice, InvoiceMade>
{
    public async Task<InvoiceMade> Run(MakeInvoice job, TaskContext run, CancellationToken cancellationToken)
    {
        var order = await db.Orders.FindAsync([job.OrderId], cancellationToken)
            ?? throw new InvalidOperationException($"there is no order {job.OrderId}");
        // A job may run twice: the second attempt keeps the number of the first
        order.InvoiceNumber ??= $"R-{order.Id.ToString("N")[^8..]}";
        await db.SaveChangesAsync(cancellationToken);
        return new(order.InvoiceNumber);
    }
}
