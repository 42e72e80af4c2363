using JobSystem.Journeys.Api;

namespace JobSystem.Journeys.Evidence;

/// <summary>One queue that runs a few jobs at a time, and one that is paused and resumed again and again.</summary>
sealed class SteeredQueues(string limitedQueue, int limit, string pausedQueue)
{
    readonly List<Pause> _pauses = [];

    public string LimitedQueue => limitedQueue;
    public int Limit => limit;
    public string PausedQueue => pausedQueue;

    /// <summary>Pauses that were answered; a call without an answer promises nothing.</summary>
    public IReadOnlyList<Pause> Pauses
    {
        get
        {
            lock (_pauses)
            {
                return [.. _pauses];
            }
        }
    }

    /// <summary>How long a job of such a queue waits is up to the queue.</summary>
    public bool Holds(string queue) => queue == limitedQueue || queue == pausedQueue;

    public async Task SetUp(JobsClient client)
    {
        foreach (var (queue, settings) in new[] { (limitedQueue, (object)new { max_concurrency = limit }), (pausedQueue,
            new { description = "paused and resumed" }) })
        {
            using var answer = await client.Raw(HttpMethod.Put, $"api/v1/queues/{queue}", settings);
            answer.EnsureSuccessStatusCode();
        }
    }

    public async Task PauseAndResume(JobsClient client, TimeSpan lasting)
    {
        if (!await Answered(client, "pause"))
        {
            return;
        }
        var from = TimeProvider.System.GetUtcNow();
        await Task.Delay(lasting);
        Add(new(from, TimeProvider.System.GetUtcNow()));
        await Answered(client, "resume");
    }

    public void Add(Pause pause)
    {
        lock (_pauses)
        {
            _pauses.Add(pause);
        }
    }

    /// <summary>At the end of a round, when everything is well: a resume without an answer may not have happened.</summary>
    public Task Resume(JobsClient client) => Support.Eventually.Holds(() => Answered(client, "resume"));

    async Task<bool> Answered(JobsClient client, string verb)
    {
        try
        {
            using var answer = await client.Raw(HttpMethod.Post, $"api/v1/queues/{pausedQueue}/{verb}");
            return answer.IsSuccessStatusCode;
        }
        catch (Exception open) when (open is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}

/// <param name="From">When the pause was answered.</param>
/// <param name="To">Before the resume was sent.</param>
sealed record Pause(DateTimeOffset From, DateTimeOffset To);
