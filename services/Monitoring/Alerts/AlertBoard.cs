namespace JobSystem.Monitoring.Alerts;

/// <summary>An alert that was raised.</summary>
/// <param name="Since">When it was first found.</param>
/// <param name="ClearedAt">Null as long as it lasts.</param>
public sealed record Alert(string Id, Finding Finding, DateTimeOffset Since, DateTimeOffset? ClearedAt = null);

/// <summary>
/// What is raised now, and what was lately. One bad look raises nothing and one good one clears nothing; where nothing could be seen, all stays as it is.
/// </summary>
public sealed class AlertBoard(int rounds)
{
    const int MostCleared = 100;
    readonly Lock turn = new();
    readonly Dictionary<(string, string?), Sight> sights = [];
    readonly Queue<Alert> cleared = [];
    DateTimeOffset? evaluatedAt;

    public (IReadOnlyList<Alert> Active, IReadOnlyList<Alert> Cleared, DateTimeOffset? EvaluatedAt) Now
    {
        get
        {
            lock (turn)
            {
                return ([.. sights.Values.Where(x => x.IsRaised).Select(x => x.Alert).OrderBy(x => x.Finding.Severity, StringComparer.Ordinal).ThenBy(x => x.Since)], [.. cleared.Reverse()], evaluatedAt);
            }
        }
    }

    /// <summary>Returns what was raised or cleared by this.</summary>
    public IReadOnlyList<Alert> Apply(Findings findings, DateTimeOffset now)
    {
        lock (turn)
        {
            evaluatedAt = now;
            var changes = new List<Alert>();
            var found = findings.All.ToDictionary(x => (x.Name, x.Subject));
            foreach (var (key, finding) in found)
            {
                if (See(key, finding, now) is { } raised)
                {
                    changes.Add(raised);
                }
            }
            foreach (var (key, sight) in sights.Where(x => !found.ContainsKey(x.Key) && !findings.Unknown.Contains(x.Key.Item1)).ToList())
            {
                if (Miss(key, sight, now) is { } gone)
                {
                    changes.Add(gone);
                }
            }
            return changes;
        }
    }

    Alert? See((string, string?) key, Finding finding, DateTimeOffset now)
    {
        var before = sights.GetValueOrDefault(key) ?? new(new(Guid.CreateVersion7(now).ToString("N"), finding, now), 0, 0, false);
        var sight = before with { Alert = before.Alert with { Finding = finding }, Seen = before.Seen + 1, Missed = 0 };
        sights[key] = sight = sight with { IsRaised = before.IsRaised || sight.Seen >= rounds };
        return sight.IsRaised && !before.IsRaised ? sight.Alert : null;
    }

    Alert? Miss((string, string?) key, Sight sight, DateTimeOffset now)
    {
        if (sight.IsRaised && sight.Missed + 1 < rounds)
        {
            sights[key] = sight with { Missed = sight.Missed + 1 };
            return null;
        }
        sights.Remove(key);
        if (!sight.IsRaised)
        {
            return null;
        }
        var gone = sight.Alert with { ClearedAt = now };
        cleared.Enqueue(gone);
        if (cleared.Count > MostCleared)
        {
            cleared.Dequeue();
        }
        return gone;
    }

    sealed record Sight(Alert Alert, int Seen, int Missed, bool IsRaised);
}
