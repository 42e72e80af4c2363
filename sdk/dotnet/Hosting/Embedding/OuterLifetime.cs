using Microsoft.Extensions.Hosting;

namespace JobSystem.Hosting.Embedding;

/// <summary>Somebody else starts and stops it, and hears signals.</summary>
sealed class OuterLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
