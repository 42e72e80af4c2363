using JobSystem.Contracts;
using JobSystem.ServiceDefaults;
using MassTransit;

namespace JobSystem.Scheduler.Firing;

/// <summary>What only JobApi knows, asked over the bus.</summary>
public sealed class JobApiClient(IBus bus)
{
    /// <summary>As many as the contract allows, so that neither the question nor the answer grows with the number of schedules.</summary>
    const int PerQuestion = 1000;
    static readonly Uri address = new($"exchange:{BusAddresses.ScheduledJobs}");
    static readonly Uri cancelAddress = new($"exchange:{BusAddresses.CancelJob}");

    /// <summary>Whether the task is known, and what is wrong with the arguments.</summary>
    public Task<TaskFound> Find(FindTask question, CancellationToken cancellationToken) =>
        bus.Ask<FindTask, TaskFound>(address, question, cancellationToken);

    /// <summary>The states of those jobs that exist.</summary>
    public async Task<IReadOnlyDictionary<string, JobStateNow>> States(IReadOnlyList<string> jobIds, CancellationToken cancellationToken)
    {
        var states = new Dictionary<string, JobStateNow>();
        foreach (var some in jobIds.Chunk(PerQuestion))
        {
            var answer = await bus.Ask<AskJobStates, JobStates>(address, new() { JobIds = some }, cancellationToken);
            foreach (var state in answer.Items)
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
