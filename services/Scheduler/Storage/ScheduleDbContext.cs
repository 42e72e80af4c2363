using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace JobSystem.Scheduler.Storage;

/// <summary>The model of both databases.</summary>
public abstract class ScheduleDbContext(DbContextOptions options) : DbContext(options)
{
    /// <summary>A specific name, because services may share a database.</summary>
    protected internal const string MigrationsTable = "schedules_migrations";

    /// <summary>Columns that have another name than their property.</summary>
    static readonly Dictionary<(Type Entity, string Property), string> columns = new()
    {
        [(typeof(ScheduleRow), nameof(ScheduleRow.NextRunAt))] = "next_tick",
        [(typeof(ScheduleRow), nameof(ScheduleRow.DecidedUntil))] = "last_tick",
        [(typeof(ScheduleRow), nameof(ScheduleRow.RunCount))] = "fired_count",
        [(typeof(RunRow), nameof(RunRow.PlannedAt))] = "tick",
    };

    public DbSet<ScheduleRow> Schedules => Set<ScheduleRow>();
    public DbSet<RunRow> Runs => Set<RunRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ScheduleRow>(MapSchedules);
        modelBuilder.Entity<RunRow>(MapRuns);
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            entity.FindPrimaryKey()?.SetName("pk_" + entity.GetTableName());
            foreach (var property in entity.GetProperties())
            {
                var column = columns.GetValueOrDefault((entity.ClrType, property.Name));
                property.SetColumnName(column ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
            }
        }
    }

    static void MapSchedules(EntityTypeBuilder<ScheduleRow> schedules)
    {
        schedules.ToTable("schedules", table =>
        {
            table.HasCheckConstraint("ck_schedules_status", "status in ('active', 'paused', 'completed')");
            table.HasCheckConstraint("ck_schedules_due", "(next_due_at is not null) = (status = 'active')");
            table.HasCheckConstraint(
                "ck_schedules_when",
                "(case when cron_expression is null then 0 else 1 end) + (case when interval_seconds is null then 0 else 1 end) "
                + "+ (case when run_at is null then 0 else 1 end) = 1");
        });
        schedules.HasKey(x => x.Id);
        schedules.Property(x => x.Id).ValueGeneratedNever();
        schedules.HasIndex(x => x.NextDueAt, "ix_schedules_next_due_at").HasFilter("next_due_at is not null");
        schedules.HasIndex(x => new { x.CreatedAt, x.Id }, "ix_schedules_created_at");
    }

    static void MapRuns(EntityTypeBuilder<RunRow> runs)
    {
        runs.ToTable("schedule_fires");
        runs.HasKey(x => new { x.ScheduleId, x.PlannedAt });
        runs.HasIndex(x => x.JobId, "ux_schedule_fires_job_id").IsUnique();
        runs.HasIndex(x => x.SentAt, "ix_schedule_fires_unsent").HasFilter("submitted_at is null and outcome is null");
        runs.HasIndex(x => new { x.ScheduleId, x.SubmittedAt }, "ix_schedule_fires_open").HasFilter("outcome is null");
        runs.HasIndex(x => x.OutcomeAt, "ix_schedule_fires_outcome_at").HasFilter("outcome is not null");
    }
}
