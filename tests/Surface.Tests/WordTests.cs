namespace JobSystem.Surface.Tests;

/// <summary>Generators of clients change the case of words, so each word is accepted in any case, and answered in its own.</summary>
public sealed class WordTests(SurfaceHost host) : IClassFixture<SurfaceHost>
{
    [Fact]
    public async Task Words_OfABody_AreAcceptedInAnyCase()
    {
        var (created, job) = await host.Send("POST", "/api/v1/jobs", """{"task_name":"echo","priority":"HIGH","delay":3600,"tags":["words"],"idempotency_key":"words"}""");
        var (repeated, same) = await host.Send("POST", "/api/v1/jobs", """{"task_name":"echo","priority":"High","delay":3600,"tags":["words"],"idempotency_key":"words"}""");
        var (planned, schedule) = await host.Send("POST", "/api/v1/schedules", """{"name":"words","task_name":"echo","interval":{"hours":1},"misfire_policy":"Fire_All","priority":"Low"}""");
        var (cancelled, bulk) = await host.Send("POST", "/api/v1/jobs/bulk/cancel", """{"filter":{"tags":["words"],"status":["Pending","PENDING"]}}""");

        Assert.Equal((201, "high"), (created, job.GetProperty("priority").GetString()));
        Assert.Equal((200, job.GetProperty("id").GetString()), (repeated, same.GetProperty("id").GetString()));
        Assert.Equal((201, "fire_all", "low"), (planned, schedule.GetProperty("misfire_policy").GetString(), schedule.GetProperty("priority").GetString()));
        Assert.Equal((200, 1), (cancelled, bulk.GetProperty("cancelled").GetInt32()));
    }

    [Fact]
    public async Task Words_OfAQuery_AreAcceptedInAnyCase()
    {
        var job = await host.Make("completed");

        var (status, page) = await host.Send("GET", "/api/v1/jobs?status=Completed,COMPLETED&priority=Normal&order_by=created_at&order_dir=DESC&limit=1000");

        Assert.Equal(200, status);
        Assert.Contains(job, page.GetProperty("items").EnumerateArray().Select(x => x.GetProperty("id").GetString()));
    }
}
