using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using MassTransit;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>Responds to the Scheduler with the states of its jobs.</summary>
public sealed class AskJobStatesConsumer(IJobStore store) : IConsumer<AskJobStates>
{
    public async Task Consume(ConsumeContext<AskJobStates> context)
    {
        var asked = context.Message.JobIds.Where(JobIds.IsWellFormed).Select(JobIds.Resolve).DistinctBy(x => x.Id).ToDictionary(x => x.Id);
        var found = await store.Standings(asked.Keys, context.CancellationToken);
        await context.RespondAsync(new JobStates
        {
            Items = [.. found.Where(x => x.Key == asked[x.Id].Key).Select(x => new JobStateNow
            {
                JobId = x.JobId,
                Status = x.State,
                EndedAt = x.CompletedAt,
            })],
        });
    }
}
