using JobSystem;
using JobSystem.Worker;

// It joins with JOBSYSTEM_URL and JOBSYSTEM_API_KEY, a key that has the permission run_jobs.
var worker = JobWorker.CreateBuilder(args);
worker.MapTask<MakeInvoice, InvoiceMade>(async (job, run, ct) =>
{
    await run.ReportProgress(50, "printing", ct);
    return new InvoiceMade($"R-{job.OrderId}");
});
await worker.Build().RunAsync();

[Job("make_invoice", MaxRetries = 5)]
public sealed record MakeInvoice(int OrderId) : IJob<InvoiceMade>;

public sealed record InvoiceMade(string Number);
