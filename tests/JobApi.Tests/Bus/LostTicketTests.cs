using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tests.Api;
using JobSystem.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;

namespace JobSystem.JobApi.Tests.Bus;

/// <summary>A broker that loses some tickets of a queue that is never empty.</summary>
public sealed class LostTicketTests
{
    static readonly string tickets = BusAddresses.Tickets("default", "sleep", null);

    const string Job = """{"task_name":"sleep","kwargs":{"seconds":0.5}}""";

    [Fact]
    public async Task Jobs_WhoseTicketsAreLost_RunAlthoughTheQueueStaysBusy()
    {
        await using var host = await JobApiHost.StartOnServers(
            ("JOBSYSTEM_SLOTS", "2"), ("JOBSYSTEM_DISPATCH_SECONDS", "1"), ("JOBSYSTEM_RECONCILE_SECONDS", "2"));
        await using var connection = await new ConnectionFactory { Uri = new(host.Services.GetRequiredService<IConfiguration>()["JOBSYSTEM_RABBITMQ"]!) }.CreateConnectionAsync();
        await using var broker = await connection.CreateChannelAsync();
        var jobs = (await host.Batch(60, Job)).ToList();
        await Eventually.Holds(async () => (await Rows(host, jobs)).Any(x => x.DispatchedAt is not null), TimeSpan.FromSeconds(30));
        await Eventually.Holds(async () => (await broker.QueueDeclarePassiveAsync(tickets)).MessageCount > 15, TimeSpan.FromSeconds(30));
        var lost = await Lose(broker, 15);
        Assert.NotEmpty(lost);
        // Written down as confirmed, so that no timer brings the tickets back
        await Eventually.Holds(async () => (await Rows(host, lost)).All(x => x.CurrentState != JobStatus.Pending || x.DispatchedAt is not null), TimeSpan.FromSeconds(30));

        var depths = new List<uint>();
        await Eventually.Holds(async () =>
        {
            var depth = (await broker.QueueDeclarePassiveAsync(tickets)).MessageCount;
            depths.Add(depth);
            // Ten seconds of work: never empty, even on a machine that is slow to take new jobs
            await (depth < 40 ? host.Batch(20, Job) : Task.Delay(100));
            return (await Rows(host, lost)).All(x => x.CurrentState == JobStatus.Completed);
        }, TimeSpan.FromSeconds(120), "all jobs whose tickets were lost have run");
        // Of tickets that were published twice the second ones are gone in a moment; a queue that is empty twice in a row would be found in another way
        Assert.DoesNotContain((0u, 0u), depths.Zip(depths.Skip(1)));
    }

    static async Task<IReadOnlyCollection<JobApi.Model.JobState>> Rows(JobApiHost host, IEnumerable<string> ids) =>
        [.. (await host.Services.GetRequiredService<IJobStore>().Load([.. ids.Select(Guid.Parse)], default)).Values];

    /// <summary>The jobs whose tickets were taken away.</summary>
    static async Task<List<string>> Lose(IChannel broker, int count)
    {
        var lost = new List<string>();
        while (lost.Count < count && await broker.BasicGetAsync(tickets, autoAck: true) is { } ticket)
        {
            lost.Add(JsonElement.Parse(ticket.Body.Span).GetProperty("job_id").GetString()!);
        }
        return lost;
    }
}
