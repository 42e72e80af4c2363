using System.Globalization;
using JobSystem.Worker;

// A second kind of worker for the journeys: it serves the same queues as the executors, but has another task than they. It joins through the broker when it is
// told of one, else over HTTP.
using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
var worker = JobWorker.CreateBuilder(args);
if (Environment.GetEnvironmentVariable("JOBSYSTEM_RABBITMQ") is not null)
{
    worker.UseRabbitMq();
}
worker.MapTask("call_ledger", async (string url, TaskContext job, CancellationToken ct) =>
{
    using var call = new HttpRequestMessage(HttpMethod.Get, url);
    call.Headers.Add("X-Job-Id", job.JobId);
    call.Headers.Add("X-Job-Attempt", job.Attempt.ToString(CultureInfo.InvariantCulture));
    call.Headers.Add("X-Worker-Id", job.WorkerId);
    using var answer = await http.SendAsync(call, ct);
    return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(ct);
})
.WithDescription("Calls the ledger, as http_request does on the executors");
await worker.Build().RunAsync();
