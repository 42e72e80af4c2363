using JobSystem.JobApi.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace JobSystem.JobApi.Storage.Postgres;

public sealed class PostgresJobsContext(DbContextOptions<PostgresJobsContext> options) : JobsDbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<JobState>(jobs =>
        {
            jobs.HasIndex(x => x.Tags, "ix_jobs_tags").HasMethod("gin").HasFilter("tags is not null");

            // Half a page for rows and half for their next versions: most claims then stay on their page (measured: 85 %, at half the
            // cost; with fillfactor 70 it was 38 %). And vacuum has to keep up with rows that change five times.
            jobs.HasStorageParameter("fillfactor", 50);
            jobs.HasStorageParameter("autovacuum_vacuum_scale_factor", 0.02m);
            jobs.HasStorageParameter("autovacuum_vacuum_insert_scale_factor", 0.05m);
            jobs.HasStorageParameter("autovacuum_analyze_scale_factor", 0.02m);
        });
        modelBuilder.Entity<LogRow>(logs =>
        {
            logs.HasKey(x => new { x.JobId, x.Seq });
            logs.Property(x => x.Seq).UseIdentityAlwaysColumn();
        });
        modelBuilder.Entity<TaskRow>().Property(x => x.Announcement).HasColumnType("json");
        NameAll(modelBuilder);
    }
}

/// <summary>For <c>dotnet ef</c>; it connects to nothing.</summary>
public sealed class PostgresJobsContextFactory : IDesignTimeDbContextFactory<PostgresJobsContext>
{
    public PostgresJobsContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PostgresJobsContext>().UseNpgsql("Host=localhost").Options);
}
