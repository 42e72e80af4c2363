using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.Scheduler.Schedules;

/// <summary>GET /schedules: filters and pages.</summary>
static class ListSchedules
{
    static readonly string[] parameters = ["status", "tags", "task_name", "queue_name", "owner", "q", .. ListPage.Parameters];

    public static async Task<Results<RecordAnswer<Page<Schedule>>, ProblemHttpResult>> Handle(
        HttpRequest http, CallerScope viewer, ScheduleLists lists, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, parameters);
        var filter = ReadFilter(query) with { OnlyOwner = viewer.OnlyOwner };
        var page = ListPage.Read(query, ScheduleLists.Orders, errors);
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list schedules");
        }
        var (items, total) = await lists.Find(filter, page, cancellationToken);
        return new RecordAnswer<Page<Schedule>>(ToRecord(page, items, total), ApiJson.Default.PageSchedule);
    }

    static ScheduleFilter ReadFilter(QueryReader query) => new()
    {
        Statuses = query.Words("status", ScheduleStatus.All),
        Tags = query.Texts("tags", "tags without commas", tag => tag.Length > 0),
        TaskName = query.Text("task_name", Names.ExpectedTask, Names.IsTask),
        QueueName = query.Text("queue_name", Names.ExpectedQueue, Names.IsQueue),
        Owner = query.Text("owner"),
        Text = query.Text("q", "a string of at most 200 characters", text => text.Length <= 200),
    };

    static Page<Schedule> ToRecord(ListPage page, IReadOnlyList<ScheduleRow> items, int total) => new()
    {
        Items = [.. items.Select(ScheduleView.ToRecord)],
        Total = total,
        Number = page.Number,
        PageSize = page.Limit,
        Pages = page.CountPages(total),
        NextCursor = page.NextCursor(items, row => new(row.CreatedAt, row.Id)),
    };
}
