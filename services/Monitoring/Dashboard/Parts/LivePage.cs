using JobSystem.Monitoring.Dashboard.Api;
using JobSystem.Monitoring.Dashboard.Live;
using Microsoft.AspNetCore.Components;

namespace JobSystem.Monitoring.Dashboard.Parts;

/// <summary>
/// A page that loads when it is opened, and again when events concern it. Between two loads it rests for at least five times as long as the last
/// one took, so that slow responses are not requested all the time. Without events a page loads every ten seconds.
/// </summary>
public abstract class LivePage : ComponentBase, IDisposable
{
    const int RestsFor = 5;
    static readonly TimeSpan longest = TimeSpan.FromSeconds(10);
    bool isLoading;
    bool isStale;
    long loadedAt;
    TimeSpan rest;
    string? actionProblem;
    string? loadProblem;

    [Inject] internal LiveEvents Live { get; set; } = null!;
    [Inject] internal TimeProvider Time { get; set; } = null!;
    [Inject] internal JobSystemApi Api { get; set; } = null!;

    /// <summary>Why an action was refused, until the next action; otherwise why the page could not load, until it could.</summary>
    protected string? Problem => actionProblem ?? loadProblem;

    protected override async Task OnParametersSetAsync()
    {
        actionProblem = null;
        await Refresh();
    }

    protected override void OnInitialized()
    {
        DashboardMetrics.Opened();
        Live.Beat += OnPulse;
    }

    protected abstract Task Load();

    /// <summary>The shortest time between two loads: a list that changes faster cannot be read.</summary>
    private protected virtual TimeSpan Rest => TimeSpan.FromSeconds(2);

    private protected virtual bool Concerns(Pulse pulse) => pulse.Steps > 0;

    protected async Task Refresh()
    {
        var began = Time.GetTimestamp();
        loadProblem = await ReadProblem(Load);
        var took = Time.GetElapsedTime(began);
        rest = took * RestsFor > Rest ? took * RestsFor : Rest;
        DashboardMetrics.Loaded(GetType(), took);
    }

    /// <returns>False if the API refused; the page shows why.</returns>
    protected async Task<bool> Try(Func<Task> action)
    {
        actionProblem = await ReadProblem(action);
        return actionProblem is null;
    }

    async Task<string?> ReadProblem(Func<Task> action)
    {
        try
        {
            await action();
            return null;
        }
        catch (ApiProblem problem)
        {
            return problem.Message;
        }
        finally
        {
            loadedAt = Time.GetTimestamp();
        }
    }

    void OnPulse(Pulse pulse)
    {
        isStale |= Concerns(pulse);
        var age = Time.GetElapsedTime(loadedAt);
        if (!isLoading && ((isStale && age >= rest) || age >= longest))
        {
            (isLoading, isStale) = (true, false);
            _ = InvokeAsync(Reload);
        }
    }

    async Task Reload()
    {
        await Refresh();
        isLoading = false;
        StateHasChanged();
    }

    public void Dispose()
    {
        Live.Beat -= OnPulse;
        DashboardMetrics.Closed();
        GC.SuppressFinalize(this);
    }
}
