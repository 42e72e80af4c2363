using System.Threading.Channels;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.ApiKeys;

/// <summary>Records when keys were last used, in the background and at most once a minute per key. Failures are ignored.</summary>
public sealed class ApiKeyUsageRecorder(JobQueries database) : BackgroundDuty
{
    static readonly TimeSpan precision = TimeSpan.FromMinutes(1);
    readonly Channel<(Guid Id, DateTimeOffset At)> used = Channel.CreateBounded<(Guid, DateTimeOffset)>(new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Note(IEnumerable<ApiKeyRow> keys, DateTimeOffset now)
    {
        foreach (var key in keys.Where(x => x.LastUsedAt is null || now - x.LastUsedAt >= precision))
        {
            used.Writer.TryWrite((key.Id, now));
        }
    }

    protected override async Task Wait(CancellationToken stoppingToken) => await used.Reader.WaitToReadAsync(stoppingToken);

    protected override async Task Work(CancellationToken stoppingToken)
    {
        var latest = new Dictionary<Guid, DateTimeOffset>();
        while (used.Reader.TryRead(out var use))
        {
            latest[use.Id] = use.At;
        }
        if (latest.Count > 0)
        {
            await Write([.. latest.Keys], latest.Values.Max(), stoppingToken);
        }
    }

    Task<int> Write(Guid[] ids, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var before = at - precision;
        return database.Run((context, ct) => context.ApiKeys.Where(x => ids.Contains(x.Id) && (x.LastUsedAt == null || x.LastUsedAt <= before))
            .ExecuteUpdateAsync(set => set.SetProperty(x => x.LastUsedAt, at), ct), cancellationToken);
    }
}
