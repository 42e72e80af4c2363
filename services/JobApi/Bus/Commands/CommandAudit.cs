using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.ServiceDefaults.Audit;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>Writes audit entries for commands from the bus.</summary>
public sealed class CommandAudit(AuditRecorder audit, AuditTally tally)
{
    const string Submission = "SubmitJob";
    const string ScheduledSubmission = "SubmitScheduledJobs";
    static readonly string[] told = ["reason", "delay"];

    public Task Record(string name, CallerScope sender, ReceivedCommand command, Answer answer)
    {
        var (jobId, code) = answer switch
        {
            Answer.Yes(var accepted) => (accepted.JobId, null),
            Answer.No(var rejected) => (rejected.JobId, rejected.Code),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var kind = Kind(sender.Owner, command.UserId is { } user ? $"broker user {user}" : "broker", name, code);
        if (name == Submission)
        {
            tally.Add(kind, code is null ? [jobId!] : []);
            return Task.CompletedTask;
        }
        return audit.Record(kind, jobId, Details(command.Body), System.Diagnostics.Activity.Current?.TraceId.ToHexString());
    }

    /// <param name="code">Why it was refused; null when it was taken.</param>
    public void CountScheduled(string owner, string jobId, string? code) =>
        tally.Add(Kind(owner, "schedules", ScheduledSubmission, code), code is null ? [jobId] : []);

    static AuditKind Kind(string actor, string credential, string action, string? code) =>
        new(actor, credential, AuditSurface.Bus, action, "job", null, code is null ? AuditOutcome.Done : AuditOutcome.Refused, null, code);

    static JsonObject Details(JsonElement body)
    {
        var details = new JsonObject();
        foreach (var name in told)
        {
            if (body.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
            {
                details[name] = JsonValue.Create(value);
            }
        }
        return details;
    }
}
