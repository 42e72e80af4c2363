using System.Text;

namespace JobSystem;

/// <summary>A call was refused or got no answer. The message says what to do about it.</summary>
public class JobSystemException : Exception
{
    /// <summary>Says why a call did not succeed.</summary>
    /// <param name="message">What went wrong and what to do, for people.</param>
    /// <param name="code">What went wrong, for programs.</param>
    /// <param name="inner">What caused it. Default: none.</param>
    public JobSystemException(string message, string code, Exception? inner = null) : base(message, inner) => Code = code;

    /// <summary>
    /// What went wrong, for programs: a code of the API's errors, such as <c>validation_failed</c>, or <c>unreachable</c>.
    /// </summary>
    public string Code { get; }

    /// <summary>HTTP status of the answer; null if none came.</summary>
    public int? Status { get; init; }

    /// <summary>The messages by field: what was expected, and what came. Empty if it is not about fields.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Errors { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Finds the request in the server's logs and traces; null if it is not known.</summary>
    public string? TraceId { get; init; }
}

/// <summary>A job was not enqueued: it is not valid, its task is not known, or the caller may not enqueue it now.</summary>
/// <inheritdoc/>
public sealed class JobRefusedException(string message, string code, Exception? inner = null) : JobSystemException(message, code, inner)
{
    /// <summary>
    /// Of <see cref="IJobs.EnqueueMany(IEnumerable{IJob}, Action{EnqueueOptions, int}, CancellationToken)"/>: jobs of earlier batches,
    /// which are enqueued.
    /// </summary>
    public int Enqueued { get; init; }

    /// <summary>Refuses a job because of its members, before it is sent.</summary>
    /// <param name="job">The job.</param>
    /// <param name="errors">What is wrong with it, by field; at least one.</param>
    public static JobRefusedException ForJob(IJob job, IReadOnlyDictionary<string, IReadOnlyList<string>> errors)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(errors);
        var text = new StringBuilder($"{job.GetType().Name} is not valid: ");
        text.AppendJoin("; ", errors.SelectMany(x => x.Value.Select(message => $"{x.Key}: {message}")));
        return new(text.ToString(), "validation_failed") { Errors = errors };
    }
}

/// <summary>
/// No answer came, or one that says to come again later, for as long as the client was prepared to wait. The call may have been carried
/// out.
/// </summary>
/// <inheritdoc/>
public sealed class JobSystemUnavailableException(string message, string code, Exception? inner = null)
    : JobSystemException(message, code, inner);
