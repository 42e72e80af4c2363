using JobSystem.Client.Enqueueing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Client.EntityFrameworkCore.Relaying;

/// <summary>
/// The outbox as relays use it. Each write is one statement that compares what it expects, so that relays need no transaction and no lock; all of them are such
/// that every relational provider can translate them.
/// </summary>
sealed class OutboxTable<TContext>(IServiceScopeFactory scopes, TimeProvider time) where TContext : DbContext
{
    /// <summary>Claims are at the front, because the oldest rows are claimed first: a look at the whole table would cost too much.</summary>
    const int Front = 10_000;

    const int MaxErrorLength = 4000;

    /// <summary>Claims the oldest rows that are free. Returns null if there is none.</summary>
    /// <param name="name">A name that was never used.</param>
    /// <param name="most">How many rows at most; few more if transactions with lower positions are committed in this moment.</param>
    public async Task<OutboxClaim?> Claim(string name, int most, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var rows = Rows(scope);
        var free = rows.Where(x => x.State == OutboxStates.Pending && x.Claim == null);
        var next = await free.OrderBy(x => x.Position).Select(x => new { x.Position, x.Size }).Take(most).ToListAsync(cancellationToken);
        if (next.Count == 0)
        {
            return null;
        }
        var (first, last, bytes) = (next[0].Position, next[0].Position, (long)next[0].Size);
        foreach (var row in next.Skip(1))
        {
            bytes += row.Size;
            if (bytes > JobBatches.MaxBytes)
            {
                break;
            }
            last = row.Position;
        }
        var claimed = await free.Where(x => x.Position >= first && x.Position <= last)
            .ExecuteUpdateAsync(x => x.SetProperty(row => row.Claim, name), cancellationToken);
        var claim = new OutboxClaim(name, first, last, []);
        return claimed == 0 ? claim : claim with { Jobs = await Held(rows, claim).OrderBy(x => x.Position).ToListAsync(cancellationToken) };
    }

    /// <summary>Writes what became of the rows of a claim.</summary>
    /// <param name="keepPosted">False to delete what was posted.</param>
    public async Task Settle(OutboxClaim claim, PostedJobs posted, bool keepPosted, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var rows = Rows(scope);
        var now = Now;
        foreach (var (job, state, error) in posted.Refused)
        {
            var text = error.Length <= MaxErrorLength ? error : error[..MaxErrorLength];
            await Held(rows, claim).Where(x => x.Position == job.Position).ExecuteUpdateAsync(x => x
                .SetProperty(row => row.State, state).SetProperty(row => row.Error, text)
                .SetProperty(row => row.SettledAt, now).SetProperty(row => row.Claim, (string?)null), cancellationToken);
        }
        var accepted = Held(rows, claim).Where(x => x.Position < (posted.LeftFrom ?? long.MaxValue));
        if (keepPosted)
        {
            await accepted.ExecuteUpdateAsync(x => x
                .SetProperty(row => row.State, OutboxStates.Posted).SetProperty(row => row.Error, (string?)null)
                .SetProperty(row => row.SettledAt, now).SetProperty(row => row.Claim, (string?)null), cancellationToken);
        }
        else
        {
            await accepted.ExecuteDeleteAsync(cancellationToken);
        }
    }

    /// <summary>Gives rows back that were not posted.</summary>
    public async Task Release(OutboxClaim claim, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        await Held(Rows(scope), claim).ExecuteUpdateAsync(x => x.SetProperty(row => row.Claim, (string?)null), cancellationToken);
    }

    /// <summary>Returns the names of claims that hold rows.</summary>
    public async Task<IReadOnlyList<string>> FindClaims(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var claims = await Rows(scope).Where(x => x.State == OutboxStates.Pending).OrderBy(x => x.Position).Take(Front)
            .Where(x => x.Claim != null).Select(x => x.Claim!).ToListAsync(cancellationToken);
        return [.. claims.Distinct()];
    }

    /// <summary>Frees the rows of a claim. Returns how many it still had.</summary>
    public async Task<int> TakeOver(string claim, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await Rows(scope).Where(x => x.State == OutboxStates.Pending && x.Claim == claim)
            .ExecuteUpdateAsync(x => x.SetProperty(row => row.Claim, (string?)null), cancellationToken);
    }

    /// <summary>Makes the oldest rows pending again whose task was not known.</summary>
    public async Task<bool> RetryUnknownTasks(int most, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unknown = Rows(scope).Where(x => x.State == OutboxStates.UnknownTask);
        return await LastOf(unknown, most, cancellationToken) is { } last
            && await unknown.Where(x => x.Position <= last)
                .ExecuteUpdateAsync(x => x.SetProperty(row => row.State, OutboxStates.Pending), cancellationToken) > 0;
    }

    /// <summary>Deletes rows that were posted before a time, some at once.</summary>
    public async Task RemovePosted(DateTime before, CancellationToken cancellationToken)
    {
        const int AtOnce = 1000;
        await using var scope = scopes.CreateAsyncScope();
        var old = Rows(scope).Where(x => x.State == OutboxStates.Posted && x.SettledAt < before);
        while (await LastOf(old, AtOnce, cancellationToken) is { } last)
        {
            await old.Where(x => x.Position <= last).ExecuteDeleteAsync(cancellationToken);
        }
    }

    public async Task<OutboxFigures> Measure(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var rows = Rows(scope);
        var pending = rows.Where(x => x.State == OutboxStates.Pending);
        return new(
            await pending.LongCountAsync(cancellationToken),
            await rows.LongCountAsync(x => x.State == OutboxStates.Refused || x.State == OutboxStates.UnknownTask, cancellationToken),
            await pending.OrderBy(x => x.Position).Select(x => (DateTime?)x.EnqueuedAt).FirstOrDefaultAsync(cancellationToken));
    }

    DateTime Now => time.GetUtcNow().UtcDateTime;

    static IQueryable<OutboxJob> Rows(AsyncServiceScope scope) =>
        scope.ServiceProvider.GetRequiredService<TContext>().Set<OutboxJob>().AsNoTracking().IgnoreQueryFilters();

    static IQueryable<OutboxJob> Held(IQueryable<OutboxJob> rows, OutboxClaim claim) =>
        rows.Where(x => x.Position >= claim.First && x.Position <= claim.Last && x.Claim == claim.Name);

    /// <summary>The position of the last of so many.</summary>
    static Task<long?> LastOf(IQueryable<OutboxJob> rows, int most, CancellationToken cancellationToken) =>
        rows.OrderBy(x => x.Position).Take(most).MaxAsync(x => (long?)x.Position, cancellationToken);
}
