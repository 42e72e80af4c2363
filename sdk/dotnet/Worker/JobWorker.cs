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
    readonly WorkerSettingException? settingError;

    internal JobWorker(IHost host) => this.host = host;

    /// <summary>Creates a worker that cannot run because of an invalid setting.</summary>
    internal JobWorker(WorkerSettingException settingError) => this.settingError = settingError;

    IHost Host => host ?? throw settingError!;

    /// <summary>The worker's services.</summary>
    /// <exception cref="WorkerSettingException">A setting is missing or invalid.</exception>
    public IServiceProvider Services => Host.Services;

    /// <summary>
    /// Creates a builder. The address of JobSystem and an API key with the permission <c>run_jobs</c> are read from <c>JOBSYSTEM_URL</c> and
    /// <c>JOBSYSTEM_API_KEY</c>; for other settings see <see cref="JobWorkerOptions"/>.
    /// </summary>
    /// <param name="args">Command-line arguments, which override environment variables: <c>--JOBSYSTEM_SLOTS 4</c>. Default: none.</param>
    public static JobWorkerBuilder CreateBuilder(string[]? args = null) => new(args);

    /// <summary>
    /// Runs until the process is asked to stop, by a signal or the token. Running attempts then have <see cref="JobWorkerOptions.Drain"/>
    /// to end; after that they are released to other workers. If a setting is missing or invalid, this prints one line with the reason,
    /// sets the process's exit code to <see cref="WorkerSettingException.ExitCode"/>, and returns.
    /// </summary>
    /// <param name="cancellationToken">Stops the worker.</param>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await StartAsync(cancellationToken);
            await Host.WaitForShutdownAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is WorkerSettingException or OptionsValidationException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            Environment.ExitCode = WorkerSettingException.ExitCode;
        }
        finally
        {
            await DisposeAsync();
        }
    }

    /// <summary>Starts the worker. If JobSystem cannot be reached, the worker connects to it later.</summary>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="WorkerSettingException">
    /// A setting is missing or invalid: for example, <c>JOBSYSTEM_URL</c> is not set.
    /// </exception>
    /// <exception cref="OptionsValidationException">An option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">
    /// A task cannot be bound: for example, two tasks have the same name and version.
    /// </exception>
    public Task StartAsync(CancellationToken cancellationToken = default) =>
        settingError is null ? Host.StartAsync(cancellationToken) : Task.FromException(settingError);

    /// <summary>Stops the worker as <see cref="RunAsync"/> does. Does nothing if it could not be started.</summary>
    /// <param name="cancellationToken">Stops waiting for running attempts; they are released.</param>
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
