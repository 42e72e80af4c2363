using System.Text.Json.Nodes;
using JobSystem.Api;
using JobSystem.ServiceDefaults.Logging;

namespace JobSystem.Monitoring.Dashboard.Parts;

/// <summary>A shell command that submits the same job again. The key comes from a shell variable, and secret values are masked.</summary>
static class Curl
{
    public static string Command(Job job, SecretKeys secrets)
    {
        var body = new JsonObject
        {
            ["task_name"] = job.TaskName,
            ["args"] = JsonNode.Parse(job.Args.ToString()),
            ["kwargs"] = JsonNode.Parse(job.Kwargs.ToString()),
            ["queue_name"] = job.QueueName,
            ["priority"] = job.Priority,
            ["max_retries"] = job.MaxRetries,
            ["tags"] = new JsonArray([.. job.Tags.Select(x => (JsonNode)x)]),
        };
        var json = secrets.Redact(body).ToJsonString(JobSystem.ServiceDefaults.Json.JsonText.Options);
        var text = json.Replace("'", "'\\''", StringComparison.Ordinal);
        return $"curl -s $JOBSYSTEM_URL/api/v1/jobs -H \"X-API-Key: $JOBSYSTEM_KEY\" -H 'Content-Type: application/json' \\\n  -d '{text}'";
    }
}
