using JobSystem.Api;
using JobSystem.JobApi.Jobs;

namespace JobSystem.JobApi.Http.Jobs.Bulk;

/// <summary>A running bulk call and its progress.</summary>
sealed class BulkRun(BulkVerb verb)
{
    public const int MostErrors = 100;
    readonly List<BulkError> errors = [];
    long matched, done, skipped;

    public string Word => verb.Done;

    public Task Done { get; set; } = Task.CompletedTask;

    public BulkCounts Counts
    {
        get
        {
            lock (errors)
            {
                return new(matched, done, skipped, [.. errors]);
            }
        }
    }

    public void Match(long jobs)
    {
        lock (errors)
        {
            matched += jobs;
        }
    }

    /// <summary>Matched jobs whose state did not allow the operation.</summary>
    public void Skip(long jobs)
    {
        lock (errors)
        {
            skipped += jobs;
        }
    }

    public void Skip(string id, Refusal refusal)
    {
        lock (errors)
        {
            skipped++;
            Explain(id, refusal);
        }
    }

    /// <summary>A skipped job.</summary>
    public void Explain(string id, Refusal refusal)
    {
        lock (errors)
        {
            if (errors.Count < MostErrors)
            {
                errors.Add(new() { Id = id, Code = refusal.Code, Detail = refusal.Message });
            }
        }
    }

    public void Note(Guid id, CommandOutcome outcome)
    {
        if (outcome is { Job: not null, Refusal: null })
        {
            lock (errors)
            {
                done++;
            }
            return;
        }
        var name = outcome.Job?.JobId ?? id.ToString();
        Skip(name, outcome.Refusal ?? new("job_not_found", JobLookup.Message(name)));
    }
}

sealed record BulkCounts(long Matched, long Done, long Skipped, IReadOnlyList<BulkError> Errors);
