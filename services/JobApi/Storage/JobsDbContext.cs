using System.Text;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Rollups;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace JobSystem.JobApi.Storage;

/// <summary>The model of both databases, for migrations and list queries. Frequent operations use hand-written SQL.</summary>
public abstract class JobsDbContext(DbContextOptions options) : DbContext(options)
{
    /// <summary>A specific name, because services may share a database.</summary>
    protected internal const string MigrationsTable = "jobs_migrations";

    public DbSet<JobState> Jobs => Set<JobState>();
    public DbSet<LogRow> Logs => Set<LogRow>();
    public DbSet<QueueRow> Queues => Set<QueueRow>();
    public DbSet<QueuedTaskRow> QueuedTasks => Set<QueuedTaskRow>();
    public DbSet<QueueSlotRow> QueueSlots => Set<QueueSlotRow>();
    public DbSet<WorkerRow> Workers => Set<WorkerRow>();
    public DbSet<WorkerSessionRow> WorkerSessions => Set<WorkerSessionRow>();
    public DbSet<TaskRow> Tasks => Set<TaskRow>();
    public DbSet<TaskWorkerRow> TaskWorkers => Set<TaskWorkerRow>();
    public DbSet<ApiKeyRow> ApiKeys => Set<ApiKeyRow>();
    public DbSet<AuditRow> AuditEntries => Set<AuditRow>();
    public DbSet<RollupInboxRow> RollupInbox => Set<RollupInboxRow>();
    public DbSet<Rollup> Rollups => Set<Rollup>();
    public DbSet<DutyRow> Duties => Set<DutyRow>();
    public DbSet<JobTotal> JobTotals => Set<JobTotal>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<JobState>(MapJobs);
        // Lines of instances of an older version have no number
        modelBuilder.Entity<LogRow>(logs => logs.ToTable("job_logs").Property(x => x.Line).HasDefaultValue(0));
        modelBuilder.Entity<QueueRow>(queues => queues.ToTable("queues").HasKey(x => x.Name));
        modelBuilder.Entity<QueuedTaskRow>(tasks => tasks.ToTable("queued_tasks").HasKey(x => new { x.QueueName, x.TaskName, x.Version }));
        modelBuilder.Entity<QueueSlotRow>(slots =>
        {
            slots.ToTable("queue_slots").HasKey(x => x.JobId);
            slots.Property(x => x.JobId).ValueGeneratedNever();
            slots.HasIndex(x => x.QueueName, "ix_queue_slots_queue_name");
        });
        modelBuilder.Entity<WorkerRow>(workers => workers.ToTable("workers").HasKey(x => x.Id));
        modelBuilder.Entity<WorkerSessionRow>(sessions => sessions.ToTable("worker_sessions").HasKey(x => x.Id));
        modelBuilder.Entity<TaskRow>(tasks => tasks.ToTable("tasks").HasKey(x => new { x.Name, x.Version }));
        modelBuilder.Entity<ApiKeyRow>(keys =>
        {
            keys.ToTable("api_keys").HasKey(x => x.Id);
            keys.Property(x => x.Id).ValueGeneratedNever();
            keys.HasIndex(x => x.Hash, "ux_api_keys_hash").IsUnique();
        });
        modelBuilder.Entity<AuditRow>(MapAudit);
        modelBuilder.Entity<DutyRow>(duties => duties.ToTable("duties").HasKey(x => x.Name));
        modelBuilder.Entity<RollupInboxRow>(inbox => inbox.ToTable("rollup_inbox").HasKey(x => x.Id));
        modelBuilder.Entity<Rollup>(rollups => rollups.ToTable("rollups").HasKey(x => new { x.StepSeconds, x.At, x.QueueName, x.TaskName }));
        modelBuilder.Entity<JobTotal>(totals => totals.ToTable("job_totals").HasKey(x => new { x.QueueName, x.TaskName, x.Priority }));
        modelBuilder.Entity<TaskWorkerRow>(workers => workers.ToTable("task_workers").HasKey(x => new { x.Name, x.Version, x.WorkerId }));
    }

    /// <summary>Applies snake_case names. Called last, when all keys are known.</summary>
    protected static void NameAll(ModelBuilder modelBuilder)
    {
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            entity.FindPrimaryKey()?.SetName("pk_" + entity.GetTableName());
            foreach (var property in entity.GetProperties())
            {
                property.SetColumnName(ColumnName(property.Name));
            }
        }
    }

    static void MapJobs(EntityTypeBuilder<JobState> jobs)
    {
        jobs.ToTable("jobs", table =>
        {
            const string Final = "('completed', 'failed', 'cancelled', 'timeout', 'expired')";
            table.HasCheckConstraint("ck_jobs_state", "state in ('pending', 'reserved', 'running', 'retrying', 'completed', 'failed', 'cancelled', 'timeout', 'expired')");
            table.HasCheckConstraint("ck_jobs_completed_at", $"(completed_at is not null) = (state in {Final})");
            table.HasCheckConstraint("ck_jobs_outcome", $"coalesce(outcome, '') = case when state in {Final} and state <> 'completed' then state else '' end");
            table.HasCheckConstraint("ck_jobs_worker", "state not in ('reserved', 'running') or ((is_broadcast or worker_id is not null) and attempt > 0)");
            table.HasCheckConstraint("ck_jobs_counts", "version > 0 and attempt >= 0 and retry_count >= 0 and lost_count >= 0");
            table.HasCheckConstraint("ck_jobs_priority", "priority between 1 and 4");
            table.HasCheckConstraint("ck_jobs_progress", "progress between 0 and 100");
        });
        jobs.HasKey(x => x.CorrelationId);
        jobs.Property(x => x.CorrelationId).ValueGeneratedNever();
        jobs.Ignore(x => x.NewSteps).Ignore(x => x.NewLogs).Ignore(x => x.FollowUps)
            .Ignore(x => x.Changed).Ignore(x => x.ClearsOutcome).Ignore(x => x.IsFromMemory)
            .Ignore(x => x.JobId).Ignore(x => x.Level).Ignore(x => x.FirstReadyAt);

        // Claim and start must not touch a column of any index, nor of a filter: only then PostgreSQL updates in place (HOT).
        jobs.HasIndex(x => new { x.CreatedAt, x.CorrelationId }, "ix_jobs_created_at");
        jobs.HasIndex(x => new { x.Owner, x.CreatedAt, x.CorrelationId }, "ix_jobs_owner");
        jobs.HasIndex(x => x.DueAt, "ix_jobs_due_at").HasFilter("due_at is not null");
        jobs.HasIndex(x => new { x.QueueName, x.TaskName, x.Priority, x.ReadyAt }, "ix_jobs_waiting").HasFilter("completed_at is null");
        jobs.HasIndex(x => new { x.Outcome, x.CreatedAt }, "ix_jobs_outcome").HasFilter("outcome is not null");
        jobs.HasIndex(x => new { x.ScheduleId, x.CreatedAt }, "ix_jobs_schedule_id").HasFilter("schedule_id is not null");
        jobs.HasIndex(x => x.ParentId, "ix_jobs_parent_id").HasFilter("parent_id is not null");
        // Statistics count in this index alone, and retention removes along it. It grows at the end of each outcome only, which costs an ending job the least.
        jobs.HasIndex(x => new { x.Outcome, x.CompletedAt, x.Owner, x.QueueName, x.TaskName, x.Priority }, "ix_jobs_ended").HasFilter("completed_at is not null");
        jobs.HasIndex(x => new { x.Fingerprint, x.CompletedAt }, "ix_jobs_fingerprint").HasFilter("fingerprint is not null");
        jobs.HasIndex(x => new { x.Owner, x.IdempotencyKey }, "ux_jobs_idempotency_key").IsUnique().HasFilter("idempotency_key is not null");
    }

    /// <summary>Each index ends with the list's order columns, so that a filter reads only the rows of a page.</summary>
    static void MapAudit(EntityTypeBuilder<AuditRow> entries)
    {
        entries.ToTable("audit_entries").HasKey(x => x.Id);
        entries.Property(x => x.Id).ValueGeneratedNever();
        entries.HasIndex(x => x.EntryKey, "ux_audit_entries_entry_key").IsUnique();
        entries.HasIndex(x => new { x.At, x.Id }, "ix_audit_entries_at");
        entries.HasIndex(x => new { x.Actor, x.At, x.Id }, "ix_audit_entries_actor");
        entries.HasIndex(x => new { x.Action, x.At, x.Id }, "ix_audit_entries_action");
        entries.HasIndex(x => new { x.ObjectId, x.At, x.Id }, "ix_audit_entries_object_id").HasFilter("object_id is not null");
        entries.HasIndex(x => new { x.Outcome, x.At, x.Id }, "ix_audit_entries_outcome").HasFilter("outcome <> 'done'");
    }

    static string ColumnName(string property) => property switch
    {
        nameof(JobState.CorrelationId) => "id",
        nameof(JobState.CurrentState) => "state",
        _ => SnakeCase(property),
    };

    static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
