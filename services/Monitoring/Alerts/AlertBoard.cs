using JobSystem.Api;

namespace JobSystem.Monitoring.Alerts;

/// <summary>
/// The alerts that are raised, and the last ones that were cleared. An alert is raised after several evaluations in a row with its finding, and
/// cleared after as many without it. An evaluation that could not tell changes nothing.
/// </summary>
public sealed class AlertBoard(int rounds)
{
    const int MostCleared = 100;
    readonly Lock turn = new();
    readonly Dictionary<(string, string?), Sighting> sightings = [];
    readonly Queue<Alert> cleared = [];
    DateTimeOffset? evaluatedAt;

    public AlertList Now
    {
        get
        {
            lock (turn)
            {
                var raised = sightings.Values.Where(x => x.IsRaised).Select(x => x.Alert)
                    .OrderBy(x => x.Severity, StringComparer.Ordinal).ThenBy(x => x.Since);
                return new() { Items = [.. raised], Cleared = [.. cleared.Reverse()], EvaluatedAt = evaluatedAt };
            }
        }
    }

    /// <summary>Applies the findings of one evaluation.</summary>
    /// <returns>The alerts that were raised or cleared by it.</returns>
    public IReadOnlyList<Alert> Apply(Findings findings, DateTimeOffset now)
    {
        lock (turn)
        {
            evaluatedAt = now;
            var changes = new List<Alert>();
            var found = findings.All.ToDictionary(x => (x.Name, x.Subject));
            foreach (var (key, finding) in found)
            {
                if (Find(key, finding, now) is { } raised)
                {
                    changes.Add(raised);
                }
            }
            foreach (var (key, sighting) in sightings.Where(x => !found.ContainsKey(x.Key) && !findings.Unknown.Contains(x.Key.Item1)).ToList())
            {
                if (Miss(key, sighting, now) is { } gone)
                {
                    changes.Add(gone);
                }
            }
            return changes;
        }
    }

    Alert? Find((string, string?) key, Finding finding, DateTimeOffset now)
    {
        var before = sightings.GetValueOrDefault(key) ?? new(CreateAlert(finding, now), 0, 0, false);
        var alert = before.Alert with
        {
            Severity = finding.Severity,
            Message = finding.Message,
            Value = finding.Value,
            Threshold = finding.Threshold,
        };
        var sighting = before with { Alert = alert, Found = before.Found + 1, Missed = 0 };
        sightings[key] = sighting = sighting with { IsRaised = before.IsRaised || sighting.Found >= rounds };
        return sighting.IsRaised && !before.IsRaised ? sighting.Alert : null;
    }

    Alert? Miss((string, string?) key, Sighting sighting, DateTimeOffset now)
    {
        if (sighting.IsRaised && sighting.Missed + 1 < rounds)
        {
            sightings[key] = sighting with { Missed = sighting.Missed + 1 };
            return null;
        }
        sightings.Remove(key);
        if (!sighting.IsRaised)
        {
            return null;
        }
        var gone = sighting.Alert with { ClearedAt = now };
        cleared.Enqueue(gone);
        if (cleared.Count > MostCleared)
        {
            cleared.Dequeue();
        }
        return gone;
    }

    static Alert CreateAlert(Finding finding, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now).ToString("N"),
        Name = finding.Name,
        Subject = finding.Subject,
        Severity = finding.Severity,
        Message = finding.Message,
        Since = now,
        ClearedAt = null,
        Value = finding.Value,
        Threshold = finding.Threshold,
    };

    /// <summary>An alert that is raised or may be raised soon, and in how many evaluations in a row it was found or missed.</summary>
    sealed record Sighting(Alert Alert, int Found, int Missed, bool IsRaised);
}
