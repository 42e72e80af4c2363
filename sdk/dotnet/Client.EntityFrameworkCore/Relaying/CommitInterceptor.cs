using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Transactions;
using JobSystem.Client.EntityFrameworkCore.Enqueueing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace JobSystem.Client.EntityFrameworkCore.Relaying;

/// <summary>
/// Wakes the relay when jobs have been committed: after <c>SaveChanges</c>, or after the transaction in which it took part. Commits that it cannot see are
/// found by polling.
/// </summary>
sealed class CommitInterceptor<TContext>(OutboxSignal<TContext> signal) : ISaveChangesInterceptor, IDbTransactionInterceptor where TContext : DbContext
{
    /// <summary>Transactions with jobs.</summary>
    readonly ConditionalWeakTable<DbTransaction, object> open = [];

    public int SavedChanges(SaveChangesCompletedEventData eventData, int result)
    {
        OnSaved(eventData.Context);
        return result;
    }

    public ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken)
    {
        OnSaved(eventData.Context);
        return new(result);
    }

    public void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => OnCommitted(transaction);

    public Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken)
    {
        OnCommitted(transaction);
        return Task.CompletedTask;
    }

    void OnSaved(DbContext? db)
    {
        if (db is null || !UnsavedJobs.Remove(db))
        {
            return;
        }
        if (db.Database.CurrentTransaction is { } transaction)
        {
            open.AddOrUpdate(transaction.GetDbTransaction(), open);
        }
        else if ((db.Database.GetEnlistedTransaction() ?? Transaction.Current) is { } ambient)
        {
            ambient.TransactionCompleted += (_, _) => signal.Raise();
        }
        else
        {
            signal.Raise();
        }
    }

    void OnCommitted(DbTransaction transaction)
    {
        if (open.Remove(transaction))
        {
            signal.Raise();
        }
    }
}
