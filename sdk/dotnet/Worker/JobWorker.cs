using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker;

/// <summary>A process that runs tasks. <code>
/// var worker = JobWorker.CreateBuilder(args);
/// worker.MapTask("greet", (string name) => $"Hello, {name}");
/// await worker.Build().RunAsync();
/// </code></summary>
public sealed class JobWorker : IAsyncDisposable
{
    readonly IHost? host;
    readonly WorkerSettingException? wrong;

    internal JobWorker(IHost host) => this.host = host;

    /// <summary>A worker that cannot run because of a wrong setting.</summary>
    internal JobWorker(WorkerSettingException wrong) => this.wrong = wrong;

    IHost Host => host ?? throw wrong!;

    /// <summary>The worker's services.</summary>
    public IServiceProvider Services => Host.Services;

    /// <summary>Creates a builder. The broker's address is read from <c>JOBSYSTEM_RABBITMQ</c>; for other settings see <see cref="JobWorkerOptions"/>.</summary>
    /// <param name="args">The command line, as further settings: <c>--JOBSYSTEM_SLOTS 4</c>.</param>
    public static JobWorkerBuilder CreateBuilder(string[]? args = null) => new(args);

    /// <summary>
    /// Runs until the process is asked to stop; then running attempts get <see cref="JobWorkerOptions.Drain"/> to end, and the rest is handed to other workers.
    /// When a setting is missing or wrong it prints one line that says so, sets the process's exit code to <see cref="WorkerSettingException.ExitCode"/>, and returns.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await StartAsync(cancellationToken);
            await Host.WaitForShutdownAsync(cancellationToken);
        }
        catch (Exception error) when (error is WorkerSettingException or OptionsValidationException)
        {
            await Console.Error.WriteLineAsync(error.Message);
            Environment.ExitCode = WorkerSettingException.ExitCode;
        }
        finally
        {
            await DisposeAsync();
        }
    }

    /// <summary>Starts the worker without waiting for its end. The broker may be unavailable at that time.</summary>
    /// <exception cref="WorkerSettingException">A setting is missing or wrong: <c>JOBSYSTEM_RABBITMQ</c> is not set, or is no amqp:// URL.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => wrong is null ? Host.StartAsync(cancellationToken) : Task.FromException(wrong);

    /// <summary>Drains and stops.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => host?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
        else
        {
            host?.Dispose();
        }
    }
}
