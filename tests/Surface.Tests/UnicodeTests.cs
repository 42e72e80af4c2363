namespace JobSystem.Surface.Tests;

/// <summary>JSON can write half of a surrogate pair, which no text can hold: every address refuses it and names the member.</summary>
public sealed class UnicodeTests(SurfaceHost host) : IClassFixture<SurfaceHost>
{
    [Theory]
    [InlineData("POST /api/v1/jobs", """{"task_name":"echo","kwargs":{"v":"~"}}""", "kwargs")]
    [InlineData("POST /api/v1/jobs", """{"task_name":"echo","~":1}""", "?")]
    [InlineData("POST /api/v1/jobs/batch", """{"jobs":[{"task_name":"echo"},{"task_name":"echo","metadata":{"~":1}}]}""", "jobs[1].metadata")]
    [InlineData("POST /api/v1/jobs/run-sync", """{"task_name":"echo","args":[["~"]]}""", "args")]
    [InlineData("POST /api/v1/jobs/{pending}/clone", """{"kwargs":{"v":["~"]}}""", "kwargs")]
    [InlineData("POST /api/v1/jobs/{pending}/force-complete", """{"result":"~"}""", "result")]
    [InlineData("POST /api/v1/jobs/{pending}/force-complete", """{"result":{"~":0}}""", "result")]
    [InlineData("POST /api/v1/jobs/{pending}/cancel", """{"reason":"~"}""", "reason")]
    [InlineData("PUT /api/v1/queues/still", """{"description":"~"}""", "description")]
    [InlineData("POST /api/v1/api-keys", """{"name":"~"}""", "name")]
    [InlineData("POST /api/v1/schedules", """{"name":"a","task_name":"echo","cron_expression":"0 0 * * *","kwargs":{"v":"~"}}""", "kwargs")]
    [InlineData("PUT /api/v1/schedules/{schedule}", """{"metadata":{"v":"~"}}""", "metadata")]
    [InlineData("POST /jobs", """{"task_name":"echo","kwargs":{"v":"~"}}""", "kwargs")]
    [InlineData("POST /schedules", """{"name":"a","task_name":"echo","schedule_type":"cron","schedule_params":{"expression":"0 0 * * *"},"args":["~"]}""", "args")]
    [InlineData("POST /schedules", """{"name":"a","task_name":"echo","schedule_type":"~","schedule_params":{"expression":"0 0 * * *"}}""", "schedule_type")]
    [InlineData("POST /api/jobs/publish", """{"func":"echo","payload":{"v":"~"},"delay":1}""", "payload")]
    [InlineData("POST /api/jobs/publish", """{"func":"echo","payload":{},"run_at":"~"}""", "run_at")]
    [InlineData("POST /api/jobs/publish", """{"func":"echo","~":1,"payload":{}}""", "?")]
    [InlineData("POST /api/jobs/job/{pending}", """{"publish_job":{"~":1}}""", "publish_job")]
    [InlineData("POST /api/jobs", """{"job_type":"echo","title":"~"}""", "title")]
    [InlineData("POST /api/jobs", """{"job_type":"echo","title":"t","parameters":{"v":"~"}}""", "parameters")]
    [InlineData("POST /api/jobs/admin/{pending}/force-complete", """{"v":"~"}""", "v")]
    public async Task Body_WithHalfOfAPair_IsRefused(string call, string body, string field)
    {
        var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
        if (path.IndexOf('{', StringComparison.Ordinal) is var start and >= 0)
        {
            var what = path[(start + 1)..path.IndexOf('}', StringComparison.Ordinal)];
            path = path.Replace($"{{{what}}}", await host.Make(what), StringComparison.Ordinal);
        }
        foreach (var half in (string[])["\\ud83d", "\\uDE00", "\\ud83d\\ud83d\\ude00"])
        {
            var (status, problem) = await host.Send(method, path, body.Replace("~", half, StringComparison.Ordinal));
            Assert.True(status == 400, $"{status} {problem}");
            Assert.StartsWith("expected valid Unicode; got \\u", problem.GetProperty("errors").GetProperty(field)[0].GetString(), StringComparison.Ordinal);
        }
    }
}
