using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.Client.EntityFrameworkCore.Enqueueing;

/// <summary>Contexts to which jobs were added that are not saved yet: a look at all that a context tracks would cost too much.</summary>
static class UnsavedJobs
{
    static readonly ConditionalWeakTable<DbContext, object> contexts = [];

    public static void Add(DbContext db) => contexts.AddOrUpdate(db, contexts);

    /// <summary>Returns true if there were some.</summary>
    public static bool Remove(DbContext db) => contexts.Remove(db);
}
