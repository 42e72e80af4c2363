using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace JobSystem.Scheduler.Storage;

public sealed class PostgresScheduleContext(DbContextOptions<PostgresScheduleContext> options) : ScheduleDbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        // Each run updates the row: free space on its page for the new version, and more frequent vacuums
        modelBuilder.Entity<ScheduleRow>(schedules =>
        {
            schedules.HasStorageParameter("fillfactor", 70);
            schedules.HasStorageParameter("autovacuum_vacuum_scale_factor", 0.02m);
        });
    }
}

/// <summary>For <c>dotnet ef</c>; it connects to nothing.</summary>
public sealed class PostgresScheduleContextFactory : IDesignTimeDbContextFactory<PostgresScheduleContext>
{
    public PostgresScheduleContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PostgresScheduleContext>().UseNpgsql("Host=localhost").Options);
}
