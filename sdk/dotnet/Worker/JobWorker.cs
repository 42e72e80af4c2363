using Microsoft.Extensions.Hosting;

namespace JobSystem.Worker;

/// <summary>A process that runs tasks. <code>
/// var worker = JobWorker.CreateBuilder(args);
/// worker.MapTask("greet", (string name) => $"Hello, {name}");
/// await worker.Build().RunAsync();
/// </code></summary>
public sealed class JobWorker : IAsyncDisposable
{
    readonly IHost host;

    internal JobWorker(IHost host) => this.host = host;

    /// <summary>The worker's services.</summary>
    public IServiceProvider Services => host.Services;

    /// <summary>Begins a worker. The broker's address is read from <c>JOBSYSTEM_RABBITMQ</c>; the other settings are in <see cref="JobWorkerOptions"/>.</summary>
    /// <param name="args">The command line, as further settings: <c>--JOBSYSTEM_SLOTS 4</c>.</param>
    public static JobWorkerBuilder CreateBuilder(string[]? args = null) => new(args);

    /// <summary>Runs until the process is asked to stop; then running attempts get <see cref="JobWorkerOptions.Drain"/> to end, and the rest is handed to other workers.</summary>
    public Task RunAsync(CancellationToken cancellationToken = default) => host.RunAsync(cancellationToken);

    /// <summary>Starts without waiting for the end. The broker need not be there yet.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default) => host.StartAsync(cancellationToken);

    /// <summary>Drains and stops.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => host.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        host.Dispose();
        return ValueTask.CompletedTask;
    }
}
