using JobSystem.Contracts;
using MassTransit;

namespace JobSystem.Scheduler.Firing;

/// <summary>What only JobApi knows, asked over the bus.</summary>
public sealed class JobApiQuestions(IBus bus)
{
    static readonly Uri address = new($"exchange:{BusAddresses.ScheduledJobs}");
    static readonly Uri cancelAddress = new($"exchange:{BusAddresses.CancelJob}");
    static readonly RequestTimeout patience = RequestTimeout.After(s: 3);

    /// <summary>Every version of a task, the preferred one first; empty when it is not known.</summary>
    public async Task<IReadOnlyList<string>> TaskVersions(string taskName, CancellationToken cancellationToken)
    {
        var answer = await bus.CreateRequestClient<FindTask>(address, patience).GetResponse<TaskFound>(new FindTask { TaskName = taskName }, cancellationToken);
        return answer.Message.Versions;
    }

    /// <summary>The states of those jobs that exist.</summary>
    public async Task<IReadOnlyDictionary<string, JobStateNow>> States(IReadOnlyList<string> jobIds, CancellationToken cancellationToken)
    {
        var answer = await bus.CreateRequestClient<AskJobStates>(address, patience).GetResponse<JobStates>(new AskJobStates { JobIds = jobIds }, cancellationToken);
        return answer.Message.Items.ToDictionary(x => x.JobId);
    }

    public async Task Cancel(string jobId, string reason, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(3));
        var endpoint = await bus.GetSendEndpoint(cancelAddress);
        await endpoint.Send(new CancelJob { JobId = jobId, Reason = reason }, deadline.Token);
    }
}
