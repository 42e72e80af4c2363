using System.Globalization;
using JobSystem.Client.Http;

namespace JobSystem.Client.Enqueueing;

/// <summary>The problems of a batch name its jobs by their places: <c>jobs[3].priority</c>.</summary>
static class BatchErrors
{
    const string Prefix = "jobs[";

    /// <summary>Returns the errors of each job that is at fault, by its place, with the fields' names as in a single job.</summary>
    /// <param name="jobs">Jobs of the batch.</param>
    public static Dictionary<int, Dictionary<string, IReadOnlyList<string>>> ByJob(JobRefusedException refusal, int jobs)
    {
        var found = new Dictionary<int, Dictionary<string, IReadOnlyList<string>>>();
        foreach (var (field, messages) in refusal.Errors)
        {
            if (Split(field) is var (index, rest) && index < jobs)
            {
                if (!found.TryGetValue(index, out var errors))
                {
                    found[index] = errors = [];
                }
                errors[rest.Length == 0 ? "job" : rest] = messages;
            }
        }
        return found;
    }

    /// <summary>The refusal of one job of a batch.</summary>
    public static JobRefusedException ForJob(
        JobRefusedException refusal, IReadOnlyDictionary<string, IReadOnlyList<string>> errors, bool isAlone)
    {
        var text = string.Join("; ", errors.SelectMany(x => x.Value.Select(said => $"{x.Key}: {said}")));
        // The message of a batch is about its first fault, and its code is shared by all of them or a general one
        var message = isAlone
            ? refusal.Message.Replace($"{Prefix}0].", "", StringComparison.Ordinal)
            : ApiErrors.WithAdvice($"Failed to create job: {text}", refusal.Code);
        return new(message, refusal.Code, refusal)
        {
            Status = refusal.Status,
            Errors = errors,
            TraceId = refusal.TraceId,
        };
    }

    /// <summary>The refusal of a later batch of many jobs, with the places that the jobs have among all of them.</summary>
    /// <param name="offset">Jobs of earlier batches, which are enqueued.</param>
    public static JobRefusedException Shift(JobRefusedException refusal, int offset) => offset == 0 ? refusal :
        new(
            $"{refusal.Message} (The places are those in a batch that begins with job {offset}; the jobs before it are enqueued.)",
            refusal.Code, refusal)
        {
            Status = refusal.Status,
            Errors = refusal.Errors.ToDictionary(
                x => Split(x.Key) is var (index, rest) ? $"{Prefix}{offset + index}]{(rest.Length == 0 ? "" : ".")}{rest}" : x.Key,
                x => x.Value),
            TraceId = refusal.TraceId,
            Enqueued = offset,
        };

    static (int Index, string Field)? Split(string field)
    {
        var end = field.IndexOf(']', StringComparison.Ordinal);
        return field.StartsWith(Prefix, StringComparison.Ordinal) && end > 0
            && int.TryParse(field[Prefix.Length..end], NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? (index, field[(end + 1)..].TrimStart('.'))
            : null;
    }
}
