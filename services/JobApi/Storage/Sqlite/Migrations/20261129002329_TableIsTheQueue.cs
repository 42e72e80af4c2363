using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Sqlite.Migrations
{
    /// <summary>
    /// Workers ask for jobs, and are given those that the table has waiting: there are no tickets any more. The columns <c>dispatched_at</c> and <c>parked_at</c> stay
    /// for one version, because instances of the previous one still write them while an upgrade goes on.
    /// </summary>
    [DbContext(typeof(SqliteJobsContext))]
    [Migration("20261129002329_TableIsTheQueue")]
    public partial class TableIsTheQueue : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_jobs_confirmed",
                table: "jobs");

            migrationBuilder.DropIndex(
                name: "ix_jobs_parked",
                table: "jobs");

            migrationBuilder.DropIndex(
                name: "ix_jobs_waiting",
                table: "jobs");

            migrationBuilder.CreateIndex(
                name: "ix_jobs_waiting",
                table: "jobs",
                columns: new[] { "queue_name", "task_name", "priority", "ready_at" },
                filter: "completed_at is null");

            // Jobs whose tickets had not been published yet
            migrationBuilder.Sql("""
                insert into queued_tasks (queue_name, task_name, version)
                select distinct queue_name, task_name, coalesce(task_version, '') from jobs where completed_at is null
                on conflict do nothing
                """);
        }
    }
}
