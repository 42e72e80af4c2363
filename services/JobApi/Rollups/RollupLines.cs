using System.Globalization;
using System.Text;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Rollups;

/// <summary>
/// What a write adds to the rollups: a line for each step that counts, with tabs between minute (since 1970), queue, task, word, count, the seconds
/// of wait, run and total when the step ends them, and the level of the priority. It is committed with the row, so nothing is forgotten and nothing counted twice.
/// </summary>
static class RollupLines
{
    const int PriorityAt = 8;

    /// <summary>Instances of an earlier version write no priority.</summary>
    const short Normal = 2;

    /// <summary>Null if no step is counted.</summary>
    public static string? From(JobState job)
    {
        StringBuilder? lines = null;
        foreach (var step in job.NewSteps)
        {
            if (!Counts(step.Event))
            {
                continue;
            }
            lines = lines is null ? new(96) : lines.Append('\n');
            lines.Append(CultureInfo.InvariantCulture, $"{MinuteOf(step.At)}\t{job.QueueName}\t{job.TaskName}\t{step.Event}\t1");
            // A later attempt waits for its retry, which says nothing of the queue
            Append(lines, step is { Event: JobStatus.Running, Attempt: 1 } ? step.WaitSeconds : null);
            Append(lines, step.RunSeconds);
            Append(lines, JobStatus.IsFinal(step.Event) ? (step.At - job.FirstReadyAt).TotalSeconds : null);
            lines.Append(CultureInfo.InvariantCulture, $"\t{job.Priority}");
        }
        return lines?.ToString();
    }

    public static long MinuteOf(DateTimeOffset at) => Math.DivRem(at.ToUnixTimeSeconds(), Rollup.Minute).Quotient;

    /// <summary>Adds the lines to the rollups of minutes and hours.</summary>
    public static IReadOnlyCollection<RollupSum> Sum(IEnumerable<string> rows)
    {
        var sums = new Dictionary<(int, long, string, string), RollupSum>();
        foreach (var line in rows.SelectMany(x => x.Split('\n')))
        {
            var parts = line.Split('\t');
            var minute = long.Parse(parts[0], CultureInfo.InvariantCulture);
            foreach (var step in (int[])[Rollup.Minute, Rollup.Hour])
            {
                var at = minute * Rollup.Minute / step * step;
                if (!sums.TryGetValue((step, at, parts[1], parts[2]), out var sum))
                {
                    sums[(step, at, parts[1], parts[2])] = sum = new(step, DateTimeOffset.FromUnixTimeSeconds(at), parts[1], parts[2]);
                }
                sum.Add(parts[3], long.Parse(parts[4], CultureInfo.InvariantCulture), Seconds(parts, 5), Seconds(parts, 6), Seconds(parts, 7));
            }
        }
        return sums.Values;
    }

    /// <summary>Adds the lines to the totals.</summary>
    public static IReadOnlyCollection<JobTotal> Totals(IEnumerable<string> rows)
    {
        var totals = new Dictionary<(string, string, short), JobTotal>();
        foreach (var parts in rows.SelectMany(x => x.Split('\n')).Select(x => x.Split('\t')))
        {
            var priority = parts.Length > PriorityAt ? short.Parse(parts[PriorityAt], CultureInfo.InvariantCulture) : Normal;
            if (!totals.TryGetValue((parts[1], parts[2], priority), out var total))
            {
                totals[(parts[1], parts[2], priority)] = total = new() { QueueName = parts[1], TaskName = parts[2], Priority = priority };
            }
            total.Add(parts[3], long.Parse(parts[4], CultureInfo.InvariantCulture));
        }
        return totals.Values;
    }

    static bool Counts(string word) => word is "created" or JobStatus.Running or "retrying" or "lease_lost" || JobStatus.IsFinal(word);

    static void Append(StringBuilder lines, double? seconds)
    {
        lines.Append('\t');
        if (seconds is { } known)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{Math.Max(0, known):0.######}");
        }
    }

    static double? Seconds(string[] parts, int index) =>
        parts.Length > index && parts[index].Length > 0 ? double.Parse(parts[index], CultureInfo.InvariantCulture) : null;
}
