using JobSystem.Support;

namespace JobSystem.Scheduler.Tests.Api;

/// <summary>What the tests of one class share.</summary>
public abstract class SchedulerHosts : IAsyncLifetime
{
    public SchedulerHost Host { get; protected set; } = null!;

    public abstract Task InitializeAsync();

    public virtual async Task DisposeAsync() => await Host.DisposeAsync();
}

public sealed class SqliteHosts : SchedulerHosts
{
    public override async Task InitializeAsync() => Host = await SchedulerHost.Start();
}

public sealed class PostgresHosts : SchedulerHosts
{
    TestDatabase database = null!;
    TestVirtualHost vhost = null!;

    /// <summary>A second scheduler, without the jobs.</summary>
    public SchedulerHost Other { get; private set; } = null!;

    public override async Task InitializeAsync()
    {
        database = await (await PostgresServer.Shared()).CreateDatabase();
        vhost = await (await RabbitServer.Shared()).CreateVirtualHost();
        (string, string?)[] settings = [("JOBSYSTEM_POSTGRES", database.Url), ("JOBSYSTEM_RABBITMQ", vhost.Url)];
        Host = await SchedulerHost.Start(true, settings);
        Other = await SchedulerHost.Start(false, settings);
    }

    public override async Task DisposeAsync()
    {
        await Other.DisposeAsync();
        await base.DisposeAsync();
        await database.DisposeAsync();
        await vhost.DisposeAsync();
    }
}
