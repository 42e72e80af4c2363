using JobSystem.Monitoring.Dashboard.Api;
using JobSystem.Monitoring.Dashboard.Live;
using Microsoft.AspNetCore.Components;

namespace JobSystem.Monitoring.Dashboard.Parts;

/// <summary>
/// Loads when it is opened, and again at the first beat after something that concerns it and after its rest. What is slow rests for longer, so that it is not asked for all
/// the time. Without any news a page loads every ten seconds.
/// </summary>
public abstract class LivePage : ComponentBase, IDisposable
{
    const int RestsFor = 5;
    static readonly TimeSpan longest = TimeSpan.FromSeconds(10);
    bool isLoading;
    bool isStale;
    long loadedAt;
    TimeSpan rest;
    string? refused;
    string? unloaded;

    [Inject] internal LiveEvents Live { get; set; } = null!;
    [Inject] internal TimeProvider Time { get; set; } = null!;
    [Inject] internal JobSystemApi Api { get; set; } = null!;

    /// <summary>What was refused stays until something else is done; why the page could not load, until it could.</summary>
    protected string? Problem => refused ?? unloaded;

    protected override async Task OnParametersSetAsync()
    {
        refused = null;
        await Refresh();
    }

    protected override void OnInitialized()
    {
        DashboardMetrics.Opened();
        Live.Beat += Heard;
    }

    protected abstract Task Load();

    /// <summary>A list that changes faster could not be read.</summary>
    private protected virtual TimeSpan Rest => TimeSpan.FromSeconds(2);

    private protected virtual bool Concerns(Pulse pulse) => pulse.Steps > 0;

    protected async Task Refresh()
    {
        var began = Time.GetTimestamp();
        unloaded = await Refusal(Load);
        var took = Time.GetElapsedTime(began);
        rest = took * RestsFor > Rest ? took * RestsFor : Rest;
        DashboardMetrics.Loaded(GetType(), took);
    }

    /// <returns>False when the API refused; the page shows why.</returns>
    protected async Task<bool> Try(Func<Task> action)
    {
        refused = await Refusal(action);
        return refused is null;
    }

    async Task<string?> Refusal(Func<Task> action)
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

    void Heard(Pulse pulse)
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
        Live.Beat -= Heard;
        DashboardMetrics.Closed();
        GC.SuppressFinalize(this);
    }
}
