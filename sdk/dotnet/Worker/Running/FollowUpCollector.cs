using System.Text.Json;
using JobSystem.Api;
using JobSystem.Client.Enqueueing;
using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Reporting;

namespace JobSystem.Worker.Running;

/// <summary>The follow-up jobs of one attempt, as they go into its last report.</summary>
sealed class FollowUpCollector(AttemptKey key, JobWriter writer)
{
    /// <summary>With the result and the log it has to fit into one message or request.</summary>
    const int MaxBytes = 4 << 20;

    /// <summary>Enough for what JobApi accepts; the message must stay readable.</summary>
    const int MaxDepth = 40;

    readonly Lock sync = new();
    readonly List<JsonElement> jobs = [];
    int bytes;
    bool isClosed;

    /// <summary>Adds a job. Returns its id.</summary>
    public string Add(IJob job, Action<EnqueueOptions>? configure) => Add(CreateRequest(job, configure));

    /// <summary>Adds a job. Returns its id.</summary>
    public string Add(string taskName, object? arguments, Action<EnqueueOptions>? configure) => Add(CreateRequest(taskName, arguments, configure));

    /// <summary>Makes a request of a job.</summary>
    public CreateJobRequest CreateRequest(IJob job, Action<EnqueueOptions>? configure) => writer.CreateRequest(job, configure);

    /// <summary>Makes a request of a job without a type.</summary>
    public static CreateJobRequest CreateRequest(string taskName, object? arguments, Action<EnqueueOptions>? configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(taskName);
        var request = JobWriter.CreateRequest(taskName, configure);
        return arguments is null ? request : WithArguments(request, arguments);
    }

    /// <summary>Returns the jobs. No more can be added.</summary>
    public IReadOnlyList<JsonElement> Close()
    {
        lock (sync)
        {
            isClosed = true;
            return jobs;
        }
    }

    static CreateJobRequest WithArguments(CreateJobRequest request, object arguments)
    {
        var json = JsonSerializer.SerializeToElement(arguments, arguments.GetType(), WorkerJson.Results);
        return json.ValueKind switch
        {
            JsonValueKind.Object => request with { Kwargs = RawJson.From(json) },
            JsonValueKind.Array => request with { Args = RawJson.From(json) },
            _ => throw new ArgumentException(
                $"Expected an object, whose members are the named arguments, or a list of positional ones; got {json.ValueKind}", nameof(arguments)),
        };
    }

    /// <summary>Writes a job as it is sent. Returns how many bytes it has, too.</summary>
    public static (JsonElement Job, int Bytes) Write(CreateJobRequest request)
    {
        var written = JsonSerializer.SerializeToUtf8Bytes(request, ApiRequestJson.Default.CreateJobRequest);
        var job = JsonElement.Parse(written, new() { MaxDepth = MaxDepth });
        if (written.AsSpan().IndexOf(@"\u"u8) >= 0)
        {
            // Throws for an escape that is half of a surrogate pair, which otherwise fails when the job is sent
            JsonSerializer.SerializeToUtf8Bytes(job);
        }
        return (job, written.Length);
    }

    string Add(CreateJobRequest request)
    {
        var (job, size) = Write(request);
        lock (sync)
        {
            if (isClosed)
            {
                throw new InvalidOperationException(
                    $"The attempt has ended; '{request.TaskName}' would not be enqueued. Await what calls Then before the task returns");
            }
            if (jobs.Count == FollowUpJobs.Most || bytes + size > MaxBytes)
            {
                throw new InvalidOperationException(
                    $"An attempt has at most {FollowUpJobs.Most} follow-up jobs, of {MaxBytes >> 20} MiB together; it has {jobs.Count} of "
                    + $"{bytes / 1024.0:0} KiB, and '{request.TaskName}' has {size / 1024.0:0.#} KiB. Let one follow-up job enqueue the others");
            }
            jobs.Add(job);
            bytes += size;
            return request.JobId ?? FollowUpJobs.IdOf(key.JobId, key.Attempt, jobs.Count - 1).ToString();
        }
    }
}
