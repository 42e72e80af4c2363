namespace JobSystem.JobApi.Tests.Api;

/// <summary>One host on PostgreSQL and RabbitMQ for all tests that do not disturb each other.</summary>
public sealed class SharedServers : IAsyncLifetime
{
    public JobApiHost Host { get; private set; } = null!;

    public async Task InitializeAsync() => Host = await JobApiHost.StartOnServers();

    public async Task DisposeAsync() => await Host.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class ServerApiTests : ICollectionFixture<SharedServers>
{
    public const string Name = "api on servers";
}
