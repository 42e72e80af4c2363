using JobSystem;
using JobSystem.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.AddJobSystem()
    .MapTask<MakeInvoice, InvoiceMade>(async (job, run, ct) =>
    {
        await run.ReportProgress(50, "printing", ct);
        return new InvoiceMade($"R-{job.OrderId}");
    });
var app = builder.Build();

// The dashboard is at /jobs/ui; the key that it asks for is in jobsystem/admin.key. With RequireAuthorization the application's own users need none.
app.MapJobSystem("/jobs");
app.MapPost("/orders/{id:int}", async (int id, IJobs jobs, CancellationToken ct) =>
{
    var job = await jobs.Enqueue(new MakeInvoice(id), cancellationToken: ct);
    return TypedResults.Accepted($"/jobs/ui/jobs/{job.Id}", job.Id);
});
app.Run();

[Job("make_invoice", MaxRetries = 5)]
public sealed record MakeInvoice(int OrderId) : IJob<InvoiceMade>;

public sealed record InvoiceMade(string Number);
