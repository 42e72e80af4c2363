using JobSystem.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobSystem.Client.Tests;

/// <summary>What docs/client.md shows compiles and runs.</summary>
[Collection(nameof(ClientHost))]
public sealed class ClientPageTests(ClientHost host)
{
    [Fact]
    public void Blocks_OfThePage_AreInTheCode()
    {
        var code = CodeBlocks.OfSource("tests", "Client.Tests", "ClientPage.cs").Replace("ClientPage.", "", StringComparison.Ordinal);
        var blocks = CodeBlocks.OfDocument("docs", "client.md");

        Assert.True(blocks.Count >= 8, $"{blocks.Count} blocks");
        Assert.All(blocks, x => Assert.Contains(x, code, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Code_OfThePage_Runs()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var orderId = Guid.CreateVersion7();

        Assert.Equal($"{orderId}", await new ClientPage.Checkout(host.Client).Finish(orderId, 9.5m, stop.Token));
        Assert.Equal(3, await ClientPage.EnqueueOrders(host.Client, [new(Guid.CreateVersion7(), 1), new(Guid.CreateVersion7(), 2), new(Guid.CreateVersion7(), 3)], stop.Token));
        await ClientPage.EnqueueOrLog(host.Client, orderId, 9.5m, NullLogger.Instance, stop.Token);
        await ClientPage.UseApi(host.Client, (await host.Client.Enqueue(new RunNote("x"), stop.Token)).Id, NullLogger.Instance, stop.Token);
    }
}
