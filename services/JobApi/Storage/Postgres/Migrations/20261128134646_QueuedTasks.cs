using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace JobSystem.JobApi.Storage.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class QueuedTasks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "queued_tasks",
                columns: table => new
                {
                    queue_name = table.Column<string>(type: "text", nullable: false),
                    task_name = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_queued_tasks", x => new { x.queue_name, x.task_name, x.version });
                });

            // At startup without tickets, all jobs of this table are published again
            migrationBuilder.Sql(
                "insert into queued_tasks (queue_name, task_name, version) " +
                "select distinct queue_name, task_name, coalesce(task_version, '') from jobs where completed_at is null");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "queued_tasks");
        }
    }
}
