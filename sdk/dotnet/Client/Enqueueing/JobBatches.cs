using System.Net.Http.Headers;
using JobSystem.Api;
using JobSystem.Client.Http;

namespace JobSystem.Client.Enqueueing;

/// <summary>Sends batches: all jobs of one are enqueued, or none.</summary>
sealed class JobBatches(ApiConnection api)
{
    /// <summary>Most jobs of a batch.</summary>
    public const int MaxJobs = 1000;

    /// <summary>Most bytes of a batch; half of what the API takes.</summary>
    public const int MaxBytes = 8 << 20;

    /// <summary>Returns the ids in the order of the jobs.</summary>
    /// <exception cref="JobRefusedException">A job is not valid, or the caller may not enqueue them.</exception>
    public Task<IReadOnlyList<string>> Send(IReadOnlyList<PreparedJob> jobs, CancellationToken cancellationToken) => Send(jobs, null, cancellationToken);

    /// <param name="patience">How long the request is repeated; null for as long as the options say.</param>
    /// <inheritdoc cref="Send(IReadOnlyList{PreparedJob}, CancellationToken)"/>
    public async Task<IReadOnlyList<string>> Send(IReadOnlyList<PreparedJob> jobs, TimeSpan? patience, CancellationToken cancellationToken)
    {
        var call = ApiCall.Post("jobs", "batch") with { Body = ToBody(jobs), IsRepeatable = true, Patience = patience };
        try
        {
            return (await api.Read<CreatedJobs>(call, cancellationToken)).Ids;
        }
        catch (JobSystemException exception) when (exception is not JobSystemUnavailableException && exception.Status is >= 400 and < 500)
        {
            throw ApiErrors.RefusedJob(exception);
        }
    }

    static ByteArrayContent ToBody(IReadOnlyList<PreparedJob> jobs)
    {
        var body = new MemoryStream(jobs.Sum(x => x.Json.Length + 1) + 16);
        body.Write("{\"jobs\":["u8);
        for (var i = 0; i < jobs.Count; i++)
        {
            if (i > 0)
            {
                body.WriteByte((byte)',');
            }
            body.Write(jobs[i].Json);
        }
        body.Write("]}"u8);
        var content = new ByteArrayContent(body.GetBuffer(), 0, (int)body.Length);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }
}
