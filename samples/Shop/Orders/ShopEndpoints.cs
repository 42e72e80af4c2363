using JobSystem.Client.EntityFrameworkCore;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.Shop.Orders;

static class ShopEndpoints
{
    public static void MapShop(this IEndpointRouteBuilder app)
    {
        app.MapPost("/orders", PlaceOrder);
        app.MapGet("/orders", (ShopDb db, CancellationToken ct) => db.Orders.AsNoTracking().OrderBy(x => x.Id).ToListAsync(ct));
    }

    /// <summary>Saves the order and its job with one commit: both are there, or neither.</summary>
    static async Task<Results<Ok<PlacedOrder>, Conflict<string>>> PlaceOrder(NewOrder request, ShopDb db, CancellationToken ct)
    {
        var order = new Order { Customer = request.Customer, Total = request.Total, Voucher = request.Voucher };
        db.Orders.Add(order);
        var job = db.Enqueue(new MakeInvoice(order.Id), x => x.Tag("shop"));
        try
        {
            await db.SaveChangesAsync(ct);
        }
        catch (DbUpdateException) when (request.Voucher is not null)
        {
            return TypedResults.Conflict($"Voucher {request.Voucher} has been used.");
        }
        return TypedResults.Ok(new PlacedOrder(order.Id, job.Id));
    }
}

sealed record NewOrder(string Customer, decimal Total, string? Voucher = null);

sealed record PlacedOrder(Guid Id, string JobId);
