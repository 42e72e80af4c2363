using System.Text.Json;
using JobSystem.ServiceDefaults.Json;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>One queue as the publish surface describes a channel's health.</summary>
static class ChannelHealth
{
    const int Sample = 100;
    static readonly TimeSpan lately = TimeSpan.FromMinutes(5);

    public static async Task<Action<Utf8JsonWriter>> Of(JsonElement queue, SystemReport report, HttpContext http, CanonicalReader api)
    {
        var name = queue.GetProperty("name"u8).GetString()!;
        var since = Uri.EscapeDataString(Rfc3339.Format(report.At - lately));
        var ended = api.Get(ApiCaller.Of(http), $"jobs?queue_name={name}&status=completed,failed,timeout,cancelled,expired&created_after={since}&limit=1");
        var latest = api.Get(ApiCaller.Of(http), $"jobs?queue_name={name}&status=completed&limit={Sample}");
        var (perMinute, durations) = ((await ended).Total / lately.TotalMinutes, (await latest).Items.Select(x => x.GetProperty("duration"u8)).Where(x => x.ValueKind == JsonValueKind.Number).Select(x => x.GetDouble()).ToList());
        var stuck = report.Stuck.Where(x => x.GetProperty("queue_name"u8).GetString() == name).ToList();
        var runners = report.Workers.Items.Where(x => x.GetProperty("queues"u8).EnumerateArray().Any(y => y.GetString() == name)).ToList();
        var active = runners.Count(x => x.GetProperty("is_healthy"u8).GetBoolean());
        var alerts = Alerts(queue, active, stuck.Count).ToList();
        return json => Write(json, queue, new(name, alerts, stuck, active, runners.Count, perMinute, durations, Rate(report, name)));
    }

    static IEnumerable<string> Alerts(JsonElement queue, int active, int stuck)
    {
        var size = queue.GetProperty("size"u8).GetInt64();
        if (active == 0 && size > 0)
        {
            yield return $"{size} jobs wait and no runner serves the channel";
        }
        if (stuck > 0)
        {
            yield return $"{stuck} jobs run for longer than they may";
        }
        if (queue.GetProperty("is_paused"u8).GetBoolean() && size > 0)
        {
            yield return $"The channel is paused while {size} jobs wait";
        }
    }

    /// <summary>Percent of the jobs that ended by themselves; 100 when none has.</summary>
    static double Rate(SystemReport report, string name)
    {
        if (report.Stats.Json is not { } stats || !stats.GetProperty("by_queue"u8).TryGetProperty(name, out var counts))
        {
            return 100;
        }
        var (completed, failed) = (counts.GetProperty("completed_jobs"u8).GetDouble(), counts.GetProperty("failed_jobs"u8).GetDouble());
        return completed + failed == 0 ? 100 : Math.Round(100 * completed / (completed + failed), 2);
    }

    sealed record Found(string Name, IReadOnlyList<string> Alerts, IReadOnlyList<JsonElement> Stuck, int Active, int Runners, double PerMinute, IReadOnlyList<double> Durations, double SuccessRate);

    static void Write(Utf8JsonWriter json, JsonElement queue, Found found)
    {
        var (waiting, running, scheduled) = (queue.GetProperty("size"u8).GetInt64(), queue.GetProperty("running"u8).GetInt64(), queue.GetProperty("scheduled"u8).GetInt64());
        json.WriteStartObject();
        json.WriteString("channel"u8, found.Name);
        json.WriteString("status"u8, found.Active == 0 && waiting > 0 ? Health.Unhealthy : found.Alerts.Count > 0 ? Health.Degraded : Health.Healthy);
        json.WriteStartObject("messages"u8);
        json.WriteNumber("total"u8, waiting + running + scheduled);
        json.WriteNumber("unclaimed"u8, waiting);
        json.WriteNumber("pending"u8, running);
        json.WriteNumber("scheduled"u8, scheduled);
        json.WriteNumber("stuck"u8, found.Stuck.Count);
        json.WriteEndObject();
        json.WriteStartObject("runners"u8);
        json.WriteNumber("active"u8, found.Active);
        json.WriteNumber("total"u8, found.Runners);
        json.WriteEndObject();
        json.WriteStartArray("stuck_jobs"u8);
        foreach (var job in found.Stuck)
        {
            job.GetProperty("id"u8).WriteTo(json);
        }
        json.WriteEndArray();
        json.WriteStartArray("alerts"u8);
        foreach (var alert in found.Alerts)
        {
            json.WriteStringValue(alert);
        }
        json.WriteEndArray();
        json.WriteStartObject("metrics"u8);
        json.WriteNumber("jobs_per_minute"u8, Math.Round(found.PerMinute, 1));
        json.WriteNumber("success_rate"u8, found.SuccessRate);
        json.WriteNumber("avg_duration_ms"u8, found.Durations.Count == 0 ? 0 : Math.Round(1000 * found.Durations.Average(), 1));
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
