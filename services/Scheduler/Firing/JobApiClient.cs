using JobSystem.Contracts;
using JobSystem.ServiceDefaults.Bus;
using MassTransit;

namespace JobSystem.Scheduler.Firing;

/// <summary>Requests to JobApi over the bus.</summary>
public sealed class JobApiClient(IBus bus)
{
    /// <summary>Maximum number of items per request, as in the contract.</summary>
    const int MaxItems = 1000;
    static readonly Uri address = new($"exchange:{BusAddresses.ScheduledJobs}");
    static readonly Uri cancelAddress = new($"exchange:{BusAddresses.CancelJob}");

    /// <summary>Asks for the versions of a task, and whether arguments match it.</summary>
    public Task<TaskFound> Find(FindTask request, CancellationToken cancellationToken) =>
        bus.Ask<FindTask, TaskFound>(address, request, cancellationToken);

    /// <summary>Asks for the states of jobs. Jobs that do not exist are left out.</summary>
    public async Task<IReadOnlyDictionary<string, JobStateNow>> States(IReadOnlyList<string> jobIds, CancellationToken cancellationToken)
    {
        var states = new Dictionary<string, JobStateNow>();
        foreach (var batch in jobIds.Chunk(MaxItems))
        {
            var response = await bus.Ask<AskJobStates, JobStates>(address, new() { JobIds = batch }, cancellationToken);
            foreach (var state in response.Items)
            {
                states[state.JobId] = state;
            }
        }
        return states;
    }

    public async Task Cancel(string jobId, string reason, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(3));
        var endpoint = await bus.GetSendEndpoint(cancelAddress);
        await endpoint.Send(new CancelJob { JobId = jobId, Reason = reason }, deadline.Token);
    }
}
