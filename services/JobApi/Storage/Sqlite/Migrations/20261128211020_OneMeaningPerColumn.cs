using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Sqlite.Migrations
{
    /// <summary>
    /// Parked jobs, broadcasts and their children have columns of their own. Until now a parked job was one that was dispatched in 1970, a broadcast was
    /// pinned to the worker <c>*</c>, and while it ran its result was the list of its children.
    /// </summary>
    public partial class OneMeaningPerColumn : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "children",
                table: "jobs",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "children_inserted_at",
                table: "jobs",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "is_broadcast",
                table: "jobs",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<long>(
                name: "parked_at",
                table: "jobs",
                type: "INTEGER",
                nullable: true);

            // The constraint of the worker is replaced afterwards, by copying the table
            migrationBuilder.Sql("pragma ignore_check_constraints = on;");
            migrationBuilder.Sql("""
                update jobs set is_broadcast = true, pinned_to = null, worker_id = null, dispatched_at = null,
                    children = case when state = 'running' then result end,
                    result = case when state = 'running' then null else result end,
                    children_inserted_at = case when state = 'running' then dispatched_at end
                where pinned_to = '*';
                update jobs set parked_at = updated_at, dispatched_at = null where dispatched_at = 0;
                """);
            migrationBuilder.Sql("pragma ignore_check_constraints = off;");

            migrationBuilder.DropIndex(
                name: "ix_jobs_confirmed",
                table: "jobs");

            migrationBuilder.DropIndex(
                name: "ix_jobs_parked",
                table: "jobs");

            migrationBuilder.DropCheckConstraint(
                name: "ck_jobs_worker",
                table: "jobs");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_confirmed",
                table: "jobs",
                columns: new[] { "queue_name", "task_name", "priority", "dispatched_at" },
                filter: "completed_at is null and dispatched_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_parked",
                table: "jobs",
                columns: new[] { "queue_name", "priority", "ready_at" },
                descending: new[] { false, true, false },
                filter: "parked_at is not null");

            migrationBuilder.AddCheckConstraint(
                name: "ck_jobs_worker",
                table: "jobs",
                sql: "state not in ('reserved', 'running') or ((is_broadcast or worker_id is not null) and attempt > 0)");
        }
    }
}
