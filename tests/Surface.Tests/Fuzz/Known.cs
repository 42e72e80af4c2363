using System.Collections.Concurrent;

namespace JobSystem.Surface.Tests.Fuzz;

/// <summary>What exists while the fuzz runs: made before, or by its own calls. What it deletes stays known, and is asked for again.</summary>
sealed class Known
{
    static readonly string[] queues = ["default", "still", "emails", "reports"];
    readonly ConcurrentDictionary<string, List<string>> ids = new();

    public static async Task<Known> Of(SurfaceHost host)
    {
        var known = new Known();
        // whatever an earlier run has left
        await host.Send("PUT", "/api/v1/queues/default", """{"max_concurrency":null,"rate_limit":null}""");
        await host.Send("POST", "/api/v1/queues/default/resume");
        await host.Send("POST", "/api/v1/queues/still/pause");
        await host.Send("POST", "/api/v1/workers/standalone/resume");
        foreach (var what in (string[])["completed", "failed", "pending"])
        {
            known.Add("job_id", await host.Make(what));
        }
        known.Add("schedule_id", await host.Make("schedule"));
        known.Add("key_id", await host.Make("key"));
        foreach (var queue in queues)
        {
            known.Add("queue_name", queue);
            known.Add("channel", queue);
        }
        foreach (var task in (string[])["echo", "fail", "process_data"])
        {
            known.Add("task_name", task);
        }
        known.Add("worker_id", "standalone");
        known.Add("worker_name", "standalone");
        return known;
    }

    public void Add(string kind, string id)
    {
        var known = ids.GetOrAdd(kind, _ => []);
        lock (known)
        {
            known.Add(id);
        }
    }

    /// <summary>Of what a creation answered with.</summary>
    public void Learn(string location)
    {
        if (location.Trim('/').Split('/') is [.., var collection, var id] && collection switch { "jobs" => "job_id", "schedules" => "schedule_id", "api-keys" => "key_id", "worker-sessions" => "session_id", _ => null } is { } kind)
        {
            Add(kind, id);
        }
    }

    /// <summary>The newest ones more often.</summary>
    public string Pick(string kind, int dice)
    {
        var known = ids[kind];
        lock (known)
        {
            return dice % 3 == 0 ? known[dice / 3 % known.Count] : known[^(1 + (dice / 3 % Math.Min(5, known.Count)))];
        }
    }
}
