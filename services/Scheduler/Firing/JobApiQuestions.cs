using JobSystem.Contracts;
using MassTransit;

namespace JobSystem.Scheduler.Firing;

/// <summary>What only JobApi knows, asked over the bus.</summary>
public sealed class JobApiQuestions(IBus bus)
{
    static readonly Uri address = new($"exchange:{BusAddresses.ScheduledJobs}");
    static readonly Uri cancelAddress = new($"exchange:{BusAddresses.CancelJob}");
    static readonly RequestTimeout patience = RequestTimeout.After(ms: 1500);
    const int Tries = 2;

    /// <summary>Every version of a task, the preferred one first; empty when it is not known.</summary>
    public async Task<IReadOnlyList<string>> TaskVersions(string taskName, CancellationToken cancellationToken)
    {
        var answer = await Ask<FindTask, TaskFound>(new() { TaskName = taskName }, cancellationToken);
        return answer.Versions;
    }

    /// <summary>The states of those jobs that exist.</summary>
    public async Task<IReadOnlyDictionary<string, JobStateNow>> States(IReadOnlyList<string> jobIds, CancellationToken cancellationToken)
    {
        var answer = await Ask<AskJobStates, JobStates>(new() { JobIds = jobIds }, cancellationToken);
        return answer.Items.ToDictionary(x => x.JobId);
    }

    /// <summary>The process's queue for answers comes into being with its first question, and may miss the answer to it.</summary>
    async Task<TAnswer> Ask<TQuestion, TAnswer>(TQuestion question, CancellationToken cancellationToken) where TQuestion : class where TAnswer : class
    {
        for (var n = 1; ; n++)
        {
            try
            {
                return (await bus.CreateRequestClient<TQuestion>(address, patience).GetResponse<TAnswer>(question, cancellationToken)).Message;
            }
            catch (RequestTimeoutException) when (n < Tries)
            {
                // Once more
            }
        }
    }

    public async Task Cancel(string jobId, string reason, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(3));
        var endpoint = await bus.GetSendEndpoint(cancelAddress);
        await endpoint.Send(new CancelJob { JobId = jobId, Reason = reason }, deadline.Token);
    }
}
