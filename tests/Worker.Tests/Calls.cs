using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Reporting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Tests;

/// <summary>Calls one mapped task as a worker does, and gives back its last report.</summary>
static class Calls
{
    public static async Task<AttemptReport> Run(
        Action<JobTasks> map, string? args = null, string? kwargs = null, Action<IServiceCollection>? services = null, int attempt = 1)
    {
        var task = Compile(map, services).Find("task", null)!;
        var key = new AttemptKey(Guid.CreateVersion7(), attempt);
        JobOutcome? outcome;
        try
        {
            outcome = await task.Invoke(DetachedAttempt.Context(args, kwargs, attempt), null);
        }
        catch (Exception exception)
        {
            outcome = FinalReport.ToOutcome(exception, JobStopReason.None);
        }
        return FinalReport.FromOutcome(key, outcome, JobStopReason.None, null, TimeSpan.FromSeconds(1), DateTimeOffset.UnixEpoch);
    }

    public static TaskCatalog Compile(Action<JobTasks> map, Action<IServiceCollection>? services = null)
    {
        var options = new JobWorkerOptions();
        map(options.Tasks);
        var collection = new ServiceCollection();
        services?.Invoke(collection);
        return new(Options.Create(options), collection.BuildServiceProvider(validateScopes: true));
    }

    public static string? Text(this JsonElement? json) => json?.GetRawText();
}
