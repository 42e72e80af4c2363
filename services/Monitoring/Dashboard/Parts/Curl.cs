using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.Monitoring.Dashboard.Api;
using JobSystem.ServiceDefaults.Logging;

namespace JobSystem.Monitoring.Dashboard.Parts;

/// <summary>The call that submits such a job again. The key is left to the shell, and secret values are masked as everywhere.</summary>
static class Curl
{
    public static string Of(Job job, SecretKeys secrets)
    {
        var body = new JsonObject
        {
            ["task_name"] = job.TaskName,
            ["args"] = JsonSerializer.SerializeToNode(job.Args),
            ["kwargs"] = JsonSerializer.SerializeToNode(job.Kwargs),
            ["queue_name"] = job.QueueName,
            ["priority"] = job.Priority,
            ["max_retries"] = job.MaxRetries,
            ["tags"] = JsonSerializer.SerializeToNode(job.Tags),
        };
        var text = secrets.Redact(body).ToJsonString(JobSystem.ServiceDefaults.Json.JsonText.Options).Replace("'", "'\\''", StringComparison.Ordinal);
        return $"curl -s $JOBSYSTEM_URL/api/v1/jobs -H \"X-API-Key: $JOBSYSTEM_KEY\" -H 'Content-Type: application/json' \\\n  -d '{text}'";
    }
}
