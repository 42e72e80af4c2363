using JobSystem.JobApi.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace JobSystem.JobApi.Storage.Sqlite;

/// <summary>
/// SQLite has neither times nor UUIDs: times are whole microseconds since 1970 and UUIDs their 16 bytes in network order,
/// so that both sort as they should. Tags are a JSON array in a text.
/// </summary>
public sealed class SqliteJobsContext(DbContextOptions<SqliteJobsContext> options) : JobsDbContext(options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<MicrosecondsConverter>();
        configurationBuilder.Properties<Guid>().HaveConversion<NetworkOrderConverter>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<LogRow>(logs =>
        {
            logs.HasKey(x => x.Seq);
            logs.HasIndex(x => new { x.JobId, x.Seq }, "ix_job_logs_job_id");
        });
        NameAll(modelBuilder);
    }

    sealed class MicrosecondsConverter() : ValueConverter<DateTimeOffset, long>(x => UnixTime.Microseconds(x), x => UnixTime.FromMicroseconds(x));

    sealed class NetworkOrderConverter() : ValueConverter<Guid, byte[]>(x => x.ToByteArray(true), x => new Guid(x, true));
}

/// <summary>For <c>dotnet ef</c>; it opens no file.</summary>
public sealed class SqliteJobsContextFactory : IDesignTimeDbContextFactory<SqliteJobsContext>
{
    public SqliteJobsContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<SqliteJobsContext>().UseSqlite("Data Source=:memory:").Options);
}
