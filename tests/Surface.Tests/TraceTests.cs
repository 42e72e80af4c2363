using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using JobSystem.Support;

namespace JobSystem.Surface.Tests;

/// <summary>One trace from the caller's request over the life cycle to the task.</summary>
public sealed class TraceTests(SurfaceHost host) : IClassFixture<SurfaceHost>
{
    [Fact]
    public async Task Job_SubmittedInATrace_LeavesItsSpansInIt()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = x => x.Name.StartsWith("JobSystem.", StringComparison.Ordinal) || x.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var trace = ActivityTraceId.CreateRandom();
        var caller = ActivitySpanId.CreateRandom();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/jobs") { Content = new StringContent("""{"task_name":"fail","max_retries":1,"retry_delay":0.2}""", Encoding.UTF8, "application/json") };
        request.Headers.Add("traceparent", $"00-{trace}-{caller}-01");
        var id = (await host.Send(request)).Json.GetProperty("id").GetString();

        await Eventually.Holds(() => Mine("JobSystem.Lifecycle").Count > 0, TimeSpan.FromSeconds(20));
        var accepted = Mine("Microsoft.AspNetCore").Single(x => x.ParentSpanId == caller);
        var job = Assert.Single(Mine("JobSystem.Lifecycle"));
        Assert.Equal(("job fail", accepted.SpanId, ActivityStatusCode.Error), (job.DisplayName, job.ParentSpanId, job.Status));
        Assert.Equal((id, "failed", 2), (job.GetTagItem("jobsystem.job.id"), job.GetTagItem("jobsystem.outcome"), job.GetTagItem("jobsystem.attempts")));
        var told = (await host.Send("GET", $"/api/v1/jobs/{id}")).Json;
        Assert.Equal(told.GetProperty("created_at").GetDateTime(), job.StartTimeUtc, TimeSpan.FromMilliseconds(1));
        Assert.Equal(told.GetProperty("completed_at").GetDateTime(), job.StartTimeUtc + job.Duration, TimeSpan.FromMilliseconds(1));
        await Eventually.Holds(() => Mine("JobSystem.Worker").Count == 2, TimeSpan.FromSeconds(5));
        Assert.All(Mine("JobSystem.Worker"), x => Assert.Equal(("fail", accepted.SpanId), (x.DisplayName, x.ParentSpanId)));

        List<Activity> Mine(string source) => [.. spans.Where(x => x.TraceId == trace && x.Source.Name == source)];
    }
}
